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
        NewFollowUp Custom(DateTimeOffset due) =>
            new()
            {
                Trigger = FollowUpTrigger.Custom,
                UserId = Some.Id(),
                ScheduledAt = due,
                Message = "Your menu is ready.",
            };
        var scheduled = await host.Modules.Send(
            new ScheduleFollowUps([
                Custom(DateTimeOffset.UtcNow),
                Custom(DateTimeOffset.UtcNow.AddDays(1)),
                Custom(DateTimeOffset.UtcNow.AddDays(1)),
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
