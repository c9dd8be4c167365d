using Conversations.Contracts;
using FollowUps.Contracts;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using NSubstitute;
using Testing;

namespace FollowUps.Tests.Features.Scheduling;

public sealed class CheckInOnMoodDropsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<IReadOnlyList<ListedFollowUp>> CheckInsOf(string user) =>
        (await host.Modules.Send(new ListFollowUps(user, Trigger: FollowUpTrigger.EmotionBased), Token)).Items;

    private Task<StoreMessagesResult> Store(string conversation, string user, double score) =>
        host.Modules.Send(new StoreMessages([Some.Message(conversation, score) with { UserId = user }]), Token);

    [Fact]
    public async Task Drop_of_the_mood_schedules_a_check_in_two_hours_later()
    {
        var (user, conversation) = (Some.Id(), Some.Id());

        await Store(conversation, user, 0.2);

        var checkIn = await Until.NotNull(async () => (await CheckInsOf(user)).SingleOrDefault());
        Assert.Equal((conversation, "emotion_check_in"), (checkIn.ConversationId, checkIn.TemplateId));
        var whole = await host.Modules.Send(new GetFollowUp(checkIn.Id), Token);
        Assert.Equal(TimeSpan.FromHours(2), checkIn.ScheduledAt - whole!.CreatedAt);
    }

    [Fact]
    public async Task Sweep_does_not_ask_again_for_what_was_refused()
    {
        var user = Some.Id();
        await host.Modules.Send(new PutRecipient { UserId = user, OptOut = ["emotion_based"] }, Token);
        await Store(Some.Id(), user, 0.1);
        await Until.NotNull(async () => (await RefusalsOf(user)).SingleOrDefault());

        await host.Modules.Send(new CheckInOnMoodDrops(), Token);

        Assert.Equal(1, Assert.Single(await RefusalsOf(user)).Times);
    }

    private async Task<IReadOnlyList<Refusal>> RefusalsOf(string user) =>
        (await host.Modules.Send(new ListRefusals(user), Token)).Items;

    [Fact]
    public async Task Sweep_finds_what_was_lost_and_leaves_alone_what_was_decided()
    {
        var (lost, cancelled) = (Some.Id(), Some.Id());
        await Store(Some.Id(), lost, 0.1);
        await Store(Some.Id(), cancelled, 0.1);
        var toLose = await Until.NotNull(async () => (await CheckInsOf(lost)).SingleOrDefault());
        var toCancel = await Until.NotNull(async () => (await CheckInsOf(cancelled)).SingleOrDefault());
        await host.ExecuteAsync("DELETE FROM followups.follow_ups WHERE id = $1", toLose.Id);
        await host.Modules.Send(new CancelFollowUp(toCancel.Id), Token);

        await host.Modules.Send(new CheckInOnMoodDrops(), Token);

        Assert.Equal(FollowUpStatus.Pending, Assert.Single(await CheckInsOf(lost)).Status);
        Assert.Equal(FollowUpStatus.Cancelled, Assert.Single(await CheckInsOf(cancelled)).Status);
    }
}

// The notification is lost every time, as when the process dies after the commit.
public sealed class LostMoodDropsTests(LostMoodDropsTests.DeafHost host) : IClassFixture<LostMoodDropsTests.DeafHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sweep_finds_all_that_were_lost_page_by_page_and_once()
    {
        var users = Enumerable.Range(0, 1200).Select(_ => Some.Id()).ToArray();
        await host.Modules.Send(
            new StoreMessages([.. users.Select(user => Some.Message($"{user}c", 0.1) with { UserId = user })]),
            Token
        );
        var before = await host.Modules.Send(new ListFollowUps(users[0]), Token);

        var found = await host.Modules.Send(new CheckInOnMoodDrops(), Token);
        var again = await host.Modules.Send(new CheckInOnMoodDrops(), Token);

        Assert.Empty(before.Items);
        Assert.Equal((1200, 0), (found, again));
        Assert.Equal(
            $"{users[^1]}c",
            Assert.Single((await host.Modules.Send(new ListFollowUps(users[^1]), Token)).Items).ConversationId
        );
    }

    public sealed class DeafHost() : HostFixture(null, ("Scheduling:Enabled", "false"))
    {
        protected override void Customise(WebApplicationBuilder builder) =>
            builder.Services.AddSingleton(Substitute.For<INotificationPublisher>());
    }
}
