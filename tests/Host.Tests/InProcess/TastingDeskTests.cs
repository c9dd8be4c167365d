using System.Runtime.CompilerServices;
using Catering;
using Conversations.Contracts;
using FollowUps.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Testing;

namespace Host.Tests.InProcess;

// The sample module beside the two: all that it does goes through their Contracts, and all that is asserted is read through them.
public sealed class TastingDeskTests(TastingDeskTests.Fixture host) : IClassFixture<TastingDeskTests.Fixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static DateTimeOffset At => new(2031, 11, 5, 18, 0, 0, TimeSpan.Zero);

    private static string Code([CallerFilePath] string file = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(file)!, "..", "..", "Catering", "TastingDesk.cs"));

    [Fact]
    public void Readme_shows_the_code_that_is_compiled_here() =>
        Assert.Equal(Code().Trim(), Readme.Text.Split("```csharp\n")[1].Split("```")[0].Trim());

    [Fact]
    public async Task A_booked_tasting_is_followed_up_once_and_its_follow_up_moves_and_goes_with_it()
    {
        var (customer, tasting) = (Some.Id(), Some.Id());

        var first = await host.Desk.BookAsync(customer, tasting, At, Token);
        var again = await host.Desk.BookAsync(customer, tasting, At, Token);
        await host.Desk.MoveAsync(tasting, At.AddDays(2), Token);
        var moved = await host.Modules.Send(new GetFollowUp(first!.Id), Token);
        await host.Desk.CallOffAsync(tasting, Token);
        var calledOff = await host.Modules.Send(new GetFollowUp(first.Id), Token);

        Assert.Equal((FollowUpStatus.Pending, At.AddDays(1)), (first.Status, first.ScheduledAt));
        Assert.Equal(first.Id, again!.Id);
        Assert.Equal((FollowUpStatus.Pending, At.AddDays(3)), (moved!.Status, moved.ScheduledAt));
        Assert.Equal(FollowUpStatus.Cancelled, calledOff!.Status);
    }

    [Fact]
    public async Task What_the_customer_says_words_the_message_after_the_tasting()
    {
        var (customer, tasting) = (Some.Id(), Some.Id());
        await host.Desk.HearAsync(customer, "We loved it!", 0.9, Token);

        var booked = await host.Desk.BookAsync(customer, tasting, DateTimeOffset.UtcNow.AddDays(-2), Token);
        var sent = await Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(booked!.Id), Token) is { Status: FollowUpStatus.Executed } found
                ? found
                : null
        );
        var outbox = await host.Modules.Send(new ListOutbox(customer), Token);
        var said = await host.Modules.Send(new GetMessages($"desk-{customer}"), Token);

        Assert.Equal("post_event_high_emotion", sent.TemplateId);
        Assert.Equal(booked!.Id, Assert.Single(outbox.Items).FollowUpId);
        Assert.Equal(
            ["We loved it!", "Your tasting is booked.", sent.MessageContent],
            said!.Items.Select(message => message.Content)
        );
    }

    [Fact]
    public async Task A_fallen_mood_is_heard()
    {
        var customer = Some.Id();

        var good = await host.Desk.HearAsync(customer, "Lovely!", 0.9, Token);
        var mixed = await host.Desk.HearAsync(customer, "Nobody came to open the door.", 0, Token);
        var bad = await host.Desk.HearAsync(customer, "Still nobody.", 0, Token);

        Assert.Equal((0.9, 0.45, 0.3), (good!.Value, mixed!.Value, Math.Round(bad!.Value, 6)));
        Assert.Equal([customer], host.Desk.ToCall);
    }

    public sealed class Fixture : HostFixture
    {
        public TastingDesk Desk => Services.GetRequiredService<TastingDesk>();

        protected override void Customise(WebApplicationBuilder builder) => builder.Services.AddCatering();
    }
}
