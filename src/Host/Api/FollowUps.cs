using FollowUps.Contracts;
using Host.Access;
using Host.Pipeline;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Host.Api;

internal static class FollowUps
{
    public static void MapFollowUps(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1/follow-ups").WithTags("Follow-ups").Needs(Scopes.FollowUps);
        api.MapPost("", ScheduleOne).WithMetadata(new SingleItem("followUps"));
        api.MapPost("/batch", ScheduleMany);
        api.MapGet("", List);
        api.MapGet("/{id:uuid}", Get);
        api.MapPost("/{id:uuid}/cancel", Cancel);
        api.MapPost("/{id:uuid}/reschedule", Reschedule);
        api.MapPost("/{id:uuid}/retry", Retry);
        api.MapPost("/retry", RetryMany);
        api.MapGet(
            "/statistics",
            (ISender modules, CancellationToken cancellationToken) =>
                modules.Send(new GetFollowUpStatistics(), cancellationToken)
        );
        routes.MapGet("/api/v1/outbox", Outbox).WithTags("Follow-ups").Needs(Scopes.FollowUps);
    }

    private static async Task<IResult> ScheduleOne(
        NewFollowUp followUp,
        ISender modules,
        CancellationToken cancellationToken
    )
    {
        var result = (await modules.Send(new ScheduleFollowUps([followUp]), cancellationToken))[0];
        if (result.Reason == ScheduleResult.Erased)
        {
            return Users.Gone("The user has been erased.");
        }

        return Answered(result, result);
    }

    // 201 says where the new one can be read.
    public static IResult Answered<T>(ScheduleResult result, T answer) =>
        result is { Outcome: ScheduleOutcome.Scheduled, FollowUp.Id: var id }
            ? TypedResults.Created($"/api/v1/follow-ups/{id}", answer)
            : TypedResults.Ok(answer);

    private static async Task<IResult> ScheduleMany(
        ScheduleFollowUps batch,
        ISender modules,
        CancellationToken cancellationToken
    ) => TypedResults.Ok(new Page<ScheduleResult>(await modules.Send(batch, cancellationToken), null));

    private static async Task<IResult> Get(Guid id, ISender modules, CancellationToken cancellationToken) =>
        await modules.Send(new GetFollowUp(id), cancellationToken) is { } followUp
            ? TypedResults.Ok(followUp)
            : TypedResults.NotFound();

    private static async Task<IResult> List(
        ISender modules,
        CancellationToken cancellationToken,
        string? userId = null,
        string? status = null,
        string? trigger = null,
        string? from = null,
        string? to = null,
        int limit = 50,
        string? cursor = null
    )
    {
        var page = await modules.Send(
            new ListFollowUps(
                userId,
                Query.Enum<FollowUpStatus>(nameof(status), status),
                Query.Enum<FollowUpTrigger>(nameof(trigger), trigger),
                Query.Instant(nameof(from), from),
                Query.Instant(nameof(to), to),
                limit,
                Cursor.Read<FollowUpKey>(cursor)
            ),
            cancellationToken
        );
        return TypedResults.Ok(new Page<ListedFollowUp>(page.Items, Cursor.Write(page.Next)));
    }

    private static async Task<IResult> Cancel(
        Guid id,
        CancelBody? body,
        ISender modules,
        CancellationToken cancellationToken
    ) =>
        await modules.Send(new CancelFollowUp(id, body?.Reason), cancellationToken) switch
        {
            null => TypedResults.NotFound(),
            { Cancelled: true } result => TypedResults.Ok(result.FollowUp),
            { FollowUp: var followUp } => Conflict(followUp, "cancelled"),
        };

    private static async Task<IResult> Reschedule(
        Guid id,
        RescheduleBody body,
        ISender modules,
        CancellationToken cancellationToken
    ) =>
        await modules.Send(new RescheduleFollowUp(id, body.ScheduledAt), cancellationToken) switch
        {
            null => TypedResults.NotFound(),
            { Rescheduled: true } result => TypedResults.Ok(result.FollowUp),
            { FollowUp: var followUp } result => Conflict(followUp, "rescheduled", result.Conflict, result.OtherId),
        };

    private static async Task<IResult> Retry(Guid id, ISender modules, CancellationToken cancellationToken) =>
        await modules.Send(new RetryFollowUp(id), cancellationToken) switch
        {
            null => TypedResults.NotFound(),
            { Retried: true } result => TypedResults.Ok(result.FollowUp),
            { FollowUp: var followUp } result => Conflict(followUp, "retried", result.Conflict, result.OtherId),
        };

    private static async Task<IResult> RetryMany(
        RetryFollowUps? filter,
        ISender modules,
        CancellationToken cancellationToken
    ) => TypedResults.Ok(new Retried(await modules.Send(filter ?? new RetryFollowUps(), cancellationToken)));

    private static ProblemHttpResult Conflict(
        FollowUp followUp,
        string wish,
        FollowUpConflict? conflict = null,
        Guid? other = null
    ) =>
        TypedResults.Problem(
            (followUp.Status, conflict) switch
            {
                (_, FollowUpConflict.Duplicate) when wish == "retried" =>
                    $"One like it was scheduled meanwhile: {other}.",
                (_, FollowUpConflict.Duplicate) => $"Another one like it is pending at that time: {other}.",
                (_, FollowUpConflict.PendingLimit) => "The customer has as many pending ones as may be.",
                (FollowUpStatus.Pending, _) when wish == "retried" => "It is pending: there is nothing to retry.",
                (FollowUpStatus.Pending, _) => "It is being sent right now.",
                (FollowUpStatus.Cancelled, _) when wish == "retried" =>
                    "It is cancelled: only what has failed can be retried.",
                (FollowUpStatus.Executed, _) when wish == "retried" =>
                    "It is executed: only what has failed can be retried.",
                (FollowUpStatus.Failed, _) when wish == "rescheduled" =>
                    "It is failed and cannot be rescheduled: retry it.",
                (var status, _) => $"It is {status.ToString().ToLowerInvariant()} and cannot be {wish} any more.",
            },
            statusCode: StatusCodes.Status409Conflict
        );

    private static async Task<IResult> Outbox(
        ISender modules,
        CancellationToken cancellationToken,
        string? userId = null,
        int limit = 50,
        string? cursor = null
    )
    {
        var page = await modules.Send(new ListOutbox(userId, limit, Cursor.Read<OutboxKey>(cursor)), cancellationToken);
        return TypedResults.Ok(new Page<OutboxItem>(page.Items, Cursor.Write(page.Next)));
    }

    /// <summary>Why it is cancelled.</summary>
    /// <param name="Reason">Why, in the caller's words: 1 to 255 characters.</param>
    private sealed record CancelBody(string? Reason);

    /// <summary>When it is to leave instead.</summary>
    /// <param name="ScheduledAt">When it is due from now on. Past: due at once.</param>
    private sealed record RescheduleBody(DateTimeOffset? ScheduledAt);

    /// <summary>What became of a bulk retry.</summary>
    /// <param name="Count">How many are pending again, at most 10 000.</param>
    internal sealed record Retried(int Count);
}
