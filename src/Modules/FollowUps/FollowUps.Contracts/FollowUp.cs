using System.Text.Json;

namespace FollowUps.Contracts;

/// <summary>What makes a follow-up be scheduled.</summary>
public enum FollowUpTrigger
{
    /// <summary>Some time after an event took place.</summary>
    PostEvent,

    /// <summary>After the customer has been silent for long.</summary>
    Reengagement,

    /// <summary>Soon after the customer's mood dropped.</summary>
    EmotionBased,

    /// <summary>At a time that the caller names.</summary>
    Custom,
}

/// <summary>Where a follow-up stands.</summary>
public enum FollowUpStatus
{
    /// <summary>Still to be sent.</summary>
    Pending,

    /// <summary>Sent.</summary>
    Executed,

    /// <summary>Will not be sent; the reason is kept.</summary>
    Cancelled,

    /// <summary>Could not be sent, all attempts being used up; can be retried.</summary>
    Failed,
}

/// <summary>The mood that chose the words.</summary>
public enum FollowUpMood
{
    /// <summary>0.7 or above.</summary>
    High,

    /// <summary>Between, or nothing scored.</summary>
    Neutral,

    /// <summary>Below 0.4.</summary>
    Low,
}

/// <summary>A message that should reach a customer later, and what became of it.</summary>
public sealed record FollowUp
{
    /// <summary>A UUIDv7; also the idempotency key of its delivery.</summary>
    public required Guid Id { get; init; }

    /// <summary>The customer.</summary>
    public required string UserId { get; init; }

    /// <summary>The conversation that the sent text is stored in.</summary>
    public string? ConversationId { get; init; }

    /// <summary>The booking that it follows.</summary>
    public string? BookingId { get; init; }

    /// <summary>What made it be scheduled.</summary>
    public required FollowUpTrigger Trigger { get; init; }

    /// <summary>Where it stands.</summary>
    public required FollowUpStatus Status { get; init; }

    /// <summary>When it is due, UTC.</summary>
    public required DateTimeOffset ScheduledAt { get; init; }

    /// <summary>What <see cref="ScheduledAt" /> was computed from, where it was said as a time on a clock; else null.</summary>
    public FollowUpClock? Clock { get; init; }

    /// <summary>When the event that it follows takes place.</summary>
    public DateTimeOffset? EventAt { get; init; }

    /// <summary>Past this it is cancelled as stale instead of sent.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>When it was sent.</summary>
    public DateTimeOffset? ExecutedAt { get; init; }

    /// <summary>When it was cancelled.</summary>
    public DateTimeOffset? CancelledAt { get; init; }

    /// <summary>Why it was cancelled.</summary>
    public string? CancelReason { get; init; }

    /// <summary>The template that was or would be used.</summary>
    public string? TemplateId { get; init; }

    /// <summary>The text as it was sent; null before.</summary>
    public string? MessageContent { get; init; }

    /// <summary>The mood that chose the template; null before it is known.</summary>
    public FollowUpMood? Mood { get; init; }

    /// <summary>Why a due follow-up waits.</summary>
    public string? HeldReason { get; init; }

    /// <summary>Every try to send it, oldest first.</summary>
    public required IReadOnlyList<FollowUpAttempt> Attempts { get; init; }

    /// <summary>
    /// When it is looked at next, UTC: when it is due, after a failed attempt the end of the back-off, and while it is held the next look at what
    /// holds it. Null unless it is pending.
    /// </summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>Everything that was decided about it, oldest first, with reason and inputs: why it was sent, or why not.</summary>
    public required IReadOnlyList<FollowUpDecision> Decisions { get; init; }

    /// <summary>What the last failed attempt said.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>When it was scheduled.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The caller's values for the template.</summary>
    public JsonElement? Variables { get; init; }
}

/// <summary>A due time said as a time on a clock.</summary>
/// <param name="DaysAfter">Days after the day that it counts from.</param>
/// <param name="LocalTime">HH:mm.</param>
/// <param name="TimeZone">The IANA zone of the clock.</param>
/// <param name="FollowsRecipient">True when the zone is the customer's and changes with it.</param>
public sealed record FollowUpClock(int DaysAfter, string LocalTime, string TimeZone, bool FollowsRecipient);

/// <summary>One try to send a follow-up.</summary>
/// <param name="Number">From 1.</param>
/// <param name="StartedAt">Recorded before the channel was called.</param>
/// <param name="FinishedAt">Null while it runs, and for ever if the process died meanwhile.</param>
/// <param name="Outcome">sent, failed or uncertain; null while it runs.</param>
/// <param name="Error">What the channel said.</param>
/// <param name="Channel">Which one was called; null while that is not decided.</param>
/// <param name="ProviderKey">What the provider knows the follow-up by, the same in every attempt through the channel.</param>
public sealed record FollowUpAttempt(
    int Number,
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt,
    string? Outcome,
    string? Error,
    string? Channel,
    string? ProviderKey
);

/// <summary>Something that was decided about a follow-up.</summary>
/// <param name="At">When.</param>
/// <param name="Decision"><c>scheduled</c>, <c>duplicate</c> (asked for again; once, with the number of times), <c>moved</c>, <c>held</c>, <c>template_changed</c>, <c>sent</c>, <c>cancelled</c>, <c>failed</c> or <c>retried</c>.</param>
/// <param name="Reason">Why, where there is more to say than the decision itself.</param>
/// <param name="Inputs">A JSON object of what it was decided from; null where nothing was.</param>
public sealed record FollowUpDecision(DateTimeOffset At, string Decision, string? Reason, JsonElement? Inputs);
