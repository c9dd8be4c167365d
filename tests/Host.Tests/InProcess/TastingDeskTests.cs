using System.Runtime.CompilerServices;
using Catering;
using Conversations.Contracts;
using FollowUps.Contracts;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Testing;

namespace Host.Tests.InProcess;

public sealed class TastingDeskTests(TastingDeskTests.Fixture host) : IClassFixture<TastingDeskTests.Fixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Code([CallerFilePath] string file = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(file)!, "TastingDesk.cs"));

    [Fact]
    public void Readme_shows_the_code_that_is_compiled_here() =>
        Assert.Equal(Code().Trim(), Readme.Text.Split("```csharp\n")[1].Split("```")[0].Trim());

    [Fact]
    public void It_sees_the_contracts_and_mediator_alone() =>
        Assert.Equal(
            ["Conversations.Contracts", "FollowUps.Contracts", "MediatR"],
            Code()
                .Split('\n')
                .Where(line =>
                    line.StartsWith("using ", StringComparison.Ordinal)
                    && !line.Contains("System", StringComparison.Ordinal)
                )
                .Select(line => line["using ".Length..].TrimEnd(';'))
        );

    [Fact]
    public async Task A_booked_tasting_is_followed_up_once_and_a_fallen_mood_is_heard()
    {
        var (customer, tasting) = (Some.Id(), Some.Id());
        var at = new DateTimeOffset(2031, 11, 5, 18, 0, 0, TimeSpan.Zero);

        var first = await host.Desk.BookAsync(customer, tasting, at, Token);
        var again = await host.Desk.BookAsync(customer, tasting, at, Token);
        var good = await host.Desk.HearAsync(customer, "Lovely!", 0.9, Token);
        var mixed = await host.Desk.HearAsync(customer, "Nobody came to open the door.", 0, Token);
        var bad = await host.Desk.HearAsync(customer, "Still nobody.", 0, Token);

        Assert.Equal((FollowUpStatus.Pending, at.AddDays(1)), (first!.Status, first.ScheduledAt));
        Assert.Equal(first.Id, again!.Id);
        Assert.Equal((0.9, 0.45, 0.3), (good!.Value, mixed!.Value, Math.Round(bad!.Value, 6)));
        Assert.Equal([customer], host.Desk.ToCall);
    }

    public sealed class Fixture : HostFixture
    {
        public TastingDesk Desk => Services.GetRequiredService<TastingDesk>();

        protected override void Customise(WebApplicationBuilder builder) =>
            builder
                .Services.AddSingleton<TastingDesk>()
                .AddSingleton<INotificationHandler<MoodDropped>>(p => p.GetRequiredService<TastingDesk>());
    }
}
