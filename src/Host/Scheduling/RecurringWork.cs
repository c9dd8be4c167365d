using Conversations.Contracts;
using FollowUps.Contracts;
using MediatR;

namespace Host.Scheduling;

// What runs again and again: a name, six cron fields (seconds first, weekdays by name, in the zone of Scheduling:TimeZone) and the request
// that is sent, or none on a Host that is not to. The name is also its key under Scheduling:Work and in scheduler.firings.
internal sealed record RecurringWork(string Name, string Cron, Func<IServiceProvider, IBaseRequest?> Request)
{
    // The last firing missed while no Host ran is made up for at start when it is no older than this. Zero: it is skipped.
    public TimeSpan CatchUp { get; init; }

    public static readonly IReadOnlyList<RecurringWork> All =
    [
        // The dispatcher wakes at every due instant by itself; this finds what is due should it ever fail to. Skipped when missed:
        // the dispatcher looks at start anyway.
        new(
            "dispatch-sweep",
            "30 * * * * *",
            host =>
                host.GetRequiredService<IConfiguration>().GetValue("FollowUps:DispatchEnabled", true)
                    ? new DispatchDueFollowUps()
                    : null
        ),
        // Notifications hasten both; a day or a week of missed runs is made up for by the next one.
        new("mood-drops", "10 */5 * * * *", _ => new CheckInOnMoodDrops()),
        new("retention", "0 20 * * * *", _ => new DeleteExpiredMessages()),
        new("reengagement", "0 0 9 * * *", _ => new ReengageSilentCustomers()) { CatchUp = TimeSpan.FromHours(12) },
    ];
}
