using FollowUps.Contracts;
using Host.Access;
using Host.Scheduling;
using MediatR;

namespace Host.Api;

internal static class Scheduler
{
    public static void MapScheduler(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/scheduler/health", Health).WithTags("Scheduler").Needs(Scopes.Admin);

    private static async Task<IResult> Health(
        ISender modules,
        IRecurringScheduler scheduler,
        IReadOnlyList<RecurringWork> works,
        TimeProvider clock,
        CancellationToken cancellationToken
    )
    {
        var dispatch = await modules.Send(new GetDispatchHealth(), cancellationToken);
        var now = clock.GetUtcNow();
        return TypedResults.Ok(
            new SchedulerHealth(
                !scheduler.IsRunning ? "stopped"
                    : dispatch.Overdue > 0 ? "behind"
                    : "healthy",
                scheduler.IsRunning,
                dispatch.Pending,
                dispatch.ExecutedToday,
                dispatch.Overdue,
                dispatch.NextAt,
                [.. works.Select(work => new RecurringWorkHealth(work.Name, scheduler.NextAfter(work.Cron, now)))]
            )
        );
    }
}

/// <summary>Whether follow-ups leave on time. Counts are of all instances, but for those named otherwise.</summary>
/// <param name="Status">
/// <c>healthy</c>; <c>behind</c> while anything is overdue; <c>stopped</c> when the scheduler of the instance that answers does not run.
/// </param>
/// <param name="SchedulerRunning">Whether the scheduler of the instance that answers runs.</param>
/// <param name="PendingJobs">How many follow-ups are still to be sent.</param>
/// <param name="ExecutedToday">How many were sent since midnight UTC.</param>
/// <param name="Overdue">How many should have been looked at more than a minute ago (option <c>FollowUps:OverdueAfter</c>).</param>
/// <param name="NextAt">When the next one is looked at, UTC; null when none is pending.</param>
/// <param name="RecurringWork">What runs again and again beside the sending.</param>
internal sealed record SchedulerHealth(
    string Status,
    bool SchedulerRunning,
    long PendingJobs,
    long ExecutedToday,
    long Overdue,
    DateTimeOffset? NextAt,
    IReadOnlyList<RecurringWorkHealth> RecurringWork
);

/// <summary>Work that runs again and again.</summary>
/// <param name="Name">What it does.</param>
/// <param name="NextAt">When it runs next, UTC; null when it will not.</param>
internal sealed record RecurringWorkHealth(string Name, DateTimeOffset? NextAt);
