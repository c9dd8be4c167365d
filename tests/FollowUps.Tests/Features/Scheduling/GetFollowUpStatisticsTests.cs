using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Scheduling;

// A host of its own: the figures are those of the whole database.
public sealed class GetFollowUpStatisticsTests(HostFixture host) : IClassFixture<HostFixture>
{
    [Fact]
    public async Task Counts_by_status_trigger_and_template()
    {
        var token = TestContext.Current.CancellationToken;
        var scheduled = await host.Modules.Send(
            new ScheduleFollowUps([
                Some.FollowUp(),
                Some.FollowUp(at: DateTimeOffset.UtcNow.AddDays(1)),
                Some.FollowUp(at: DateTimeOffset.UtcNow.AddDays(1)),
                new NewFollowUp { Trigger = FollowUpTrigger.EmotionBased, UserId = Some.Id() },
            ]),
            token
        );
        await host.Modules.Send(new CancelFollowUp(scheduled[1].FollowUp!.Id), token);

        var statistics = await Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUpStatistics(), token) is { ExecutedToday: 1 } done ? done : null
        );

        Assert.Equal(4, statistics.Total);
        Assert.Equal(
            new Dictionary<string, long>
            {
                ["cancelled"] = 1,
                ["executed"] = 1,
                ["failed"] = 0,
                ["pending"] = 2,
            },
            statistics.ByStatus
        );
        Assert.Equal((3, 1), (statistics.ByTrigger["custom"], statistics.ByTrigger["emotion_based"]));
        Assert.Equal((3, 1), (statistics.ByTemplate["custom"], statistics.ByTemplate["emotion_check_in"]));
        Assert.Equal((0, 0), (statistics.Overdue, statistics.Held));
        Assert.True(statistics.Lateness.P95 >= statistics.Lateness.P50);
    }
}

public sealed class LatenessTests(StoppedHostFixture host) : IClassFixture<StoppedHostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lateness_counts_from_when_a_follow_up_might_leave_and_not_a_deliberate_hold()
    {
        var user = Some.Id();
        var evening = new DateTimeOffset(2031, 6, 1, 22, 0, 0, TimeSpan.Zero);
        await host.Modules.Send(new PutRecipient { UserId = user, QuietHours = new("21:00", "08:00") }, Token);
        await host.Modules.Send(new ScheduleFollowUps([Some.FollowUp(user, evening)]), Token);

        host.Clock.Now = evening;
        await host.Modules.Send(new DispatchDueFollowUps(), Token);
        var held = await host.Modules.Send(new GetFollowUpStatistics(), Token);
        host.Clock.Now = evening.AddHours(10).AddMilliseconds(250);
        await host.Modules.Send(new DispatchDueFollowUps(), Token);
        var sent = await host.Modules.Send(new GetFollowUpStatistics(), Token);

        Assert.Equal((0, 1), (held.ExecutedToday, held.Held));
        Assert.Equal((1, 250, 250), (sent.ExecutedToday, sent.Lateness.P50!.Value, sent.Lateness.P95!.Value));
    }
}
