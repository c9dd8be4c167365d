using System.Text.Json;
using System.Text.Json.Serialization;
using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// Schedules follow-ups: checks for duplicates, the customer's cap and opt-out, and inserts. Exact under
/// concurrency: of any number of equal requests one schedules, and all learn its id.
/// </summary>
/// <remarks>One crossing.</remarks>
/// <param name="FollowUps">1 to 10 000 (option <c>FollowUps:MaxBatchSize</c>); an earlier one counts for a later one.</param>
public sealed record ScheduleFollowUps(IReadOnlyList<NewFollowUp> FollowUps) : IRequest<IReadOnlyList<ScheduleResult>>
{
    /// <summary>
    /// When it has waited so long for a row that another transaction holds, it fails with PostgreSQL's <c>lock_not_available</c> (55P03), and
    /// nothing is written. 1 ms to 1 h. Absent: it waits as long as a command may take. For callers in process.
    /// </summary>
    [JsonIgnore]
    public TimeSpan? MaxLockWait { get; init; }
}

/// <summary>A follow-up to schedule.</summary>
public sealed record NewFollowUp
{
    /// <summary>What it follows; needed.</summary>
    public FollowUpTrigger? Trigger { get; init; }

    /// <summary>The customer: 1 to 255 characters.</summary>
    public string UserId { get; init; } = "";

    /// <summary>The conversation whose mood words it and that keeps the sent text: 1 to 255 characters.</summary>
    public string? ConversationId { get; init; }

    /// <summary>
    /// The booking that it belongs to: 1 to 255 characters. A post-event one follows the booking: it counts from the booking's own time where
    /// one is known, is moved and cancelled with it, and is not scheduled again once it was sent.
    /// </summary>
    public string? BookingId { get; init; }

    /// <summary>When the event takes place; needed for <see cref="FollowUpTrigger.PostEvent" />.</summary>
    public DateTimeOffset? EventAt { get; init; }

    /// <summary>From the event to the follow-up; 24 h when absent (option <c>FollowUps:PostEventDelay</c>). Not negative, at most a year.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>
    /// Instead of <see cref="Delay" />: when it is due on the customer's clocks, HH:mm, <see cref="DaysAfter" /> the day of the event, of the last
    /// activity, of now (emotion-based) or of <see cref="ScheduledAt" />. Kept as said, and computed anew when the booking or the customer's
    /// zone changes. A time that the clocks skip that day is as much later as they skip; of one that they show twice it is the second.
    /// </summary>
    public string? LocalTime { get; init; }

    /// <summary>
    /// 0 to 366, with <see cref="LocalTime" />. When absent: 1 for post-event and emotion-based ones, the length of the silence for reengagements
    /// (option <c>FollowUps:ReengagementAfter</c>), 0 for custom ones.
    /// </summary>
    public int? DaysAfter { get; init; }

    /// <summary>An IANA zone for <see cref="LocalTime" />, whatever the customer's is; absent: the customer's, also when it changes.</summary>
    public string? TimeZone { get; init; }

    /// <summary>When the customer was last active; needed for <see cref="FollowUpTrigger.Reengagement" />.</summary>
    public DateTimeOffset? LastActivityAt { get; init; }

    /// <summary>When it is due; needed for <see cref="FollowUpTrigger.Custom" />. Past: due at once.</summary>
    public DateTimeOffset? ScheduledAt { get; init; }

    /// <summary>The text of a custom follow-up: 1 to 10 000 characters.</summary>
    public string? Message { get; init; }

    /// <summary>Past this it is cancelled as stale instead of sent; not before it is due; 7 days after it is due when absent (options <c>FollowUps:StaleAfter</c>, <c>FollowUps:StaleAfterOf</c>).</summary>
    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>Pins a template, one of those listed by its id; absent: chosen by mood now, and again when sent.</summary>
    public string? TemplateId { get; init; }

    /// <summary>A JSON object of at most 64 KiB with values for the template.</summary>
    public JsonElement? Variables { get; init; }

    /// <summary>Of custom follow-ups with the same key only one is pending at a time: 1 to 255 characters.</summary>
    public string? DedupeKey { get; init; }
}

/// <summary>What became of a request to schedule.</summary>
public enum ScheduleOutcome
{
    /// <summary>A new follow-up is pending.</summary>
    Scheduled,

    /// <summary>One like it was there already, and is answered instead.</summary>
    Duplicate,

    /// <summary>None may be scheduled now; the reason says why.</summary>
    Suppressed,
}

/// <summary>The outcome of one item.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Reason">Of a suppressed one: <c>pending_limit</c>, <c>opted_out</c>, <c>booking_cancelled</c> or <c>erased</c>.</param>
/// <param name="FollowUp">The new or the existing one; null when suppressed.</param>
public sealed record ScheduleResult(ScheduleOutcome Outcome, string? Reason, FollowUp? FollowUp)
{
    /// <summary>The reason when the customer has been erased.</summary>
    public const string Erased = "erased";
}
