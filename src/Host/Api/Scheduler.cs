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

internal sealed record SchedulerHealth(
    string Status,
    bool SchedulerRunning,
    long PendingJobs,
    long ExecutedToday,
    long Overdue,
    DateTimeOffset? NextAt,
    IReadOnlyList<RecurringWorkHealth> RecurringWork
);

internal sealed record RecurringWorkHealth(string Name, DateTimeOffset? NextAt);
