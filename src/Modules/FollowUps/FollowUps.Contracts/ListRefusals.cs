using System.Text.Json;
using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// Lists what was asked for a customer and not scheduled, the last refused first: why she does not hear from us. What was scheduled and then
/// not sent says so itself (<see cref="FollowUp.Decisions" />).
/// </summary>
/// <param name="UserId">The customer: 1 to 255 characters.</param>
/// <param name="Limit">1 to 200.</param>
/// <param name="After">Where the page before ended; null for the first page.</param>
public sealed record ListRefusals(string UserId, int Limit = 50, RefusalKey? After = null) : IRequest<RefusalPage>;

/// <summary>The place of a refusal in a list.</summary>
/// <param name="LastAt">When it was last refused.</param>
/// <param name="Trigger">Of what was asked for.</param>
/// <param name="Reason">Why.</param>
/// <param name="FollowUpId">Of a duplicate: what was there already; else an empty UUID.</param>
public sealed record RefusalKey(DateTimeOffset LastAt, FollowUpTrigger Trigger, string Reason, Guid FollowUpId);

/// <summary>A page of refusals.</summary>
/// <param name="Items">The last refused first.</param>
/// <param name="Next">Where the next page starts after; null on the last one.</param>
public sealed record RefusalPage(IReadOnlyList<Refusal> Items, RefusalKey? Next);

/// <summary>Something that was not scheduled; the same for the same reason counts once more.</summary>
/// <param name="Outcome"><see cref="ScheduleOutcome.Duplicate" /> or <see cref="ScheduleOutcome.Suppressed" />, as it was answered.</param>
/// <param name="Reason">Of a suppressed one, as it was answered; else null.</param>
/// <param name="Trigger">What was asked for.</param>
/// <param name="FollowUpId">Of a duplicate: what was there already.</param>
/// <param name="Times">How often it was refused.</param>
/// <param name="FirstAt">When for the first time, UTC.</param>
/// <param name="LastAt">When for the last time, UTC.</param>
/// <param name="Inputs">A JSON object of what the last one asked for.</param>
public sealed record Refusal(
    ScheduleOutcome Outcome,
    string? Reason,
    FollowUpTrigger Trigger,
    Guid? FollowUpId,
    int Times,
    DateTimeOffset FirstAt,
    DateTimeOffset LastAt,
    JsonElement Inputs
);
