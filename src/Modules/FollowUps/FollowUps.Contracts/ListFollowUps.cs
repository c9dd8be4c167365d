using MediatR;

namespace FollowUps.Contracts;

/// <summary>Lists follow-ups by due time, soonest first.</summary>
/// <param name="UserId">Only this customer's.</param>
/// <param name="Status">Only in this status.</param>
/// <param name="Trigger">Only of this trigger.</param>
/// <param name="From">Only those due at or after this instant.</param>
/// <param name="To">Only those due before this instant.</param>
/// <param name="Limit">1 to 200.</param>
/// <param name="After">Where the page before ended; null for the first page.</param>
public sealed record ListFollowUps(
    string? UserId = null,
    FollowUpStatus? Status = null,
    FollowUpTrigger? Trigger = null,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    int Limit = 50,
    FollowUpKey? After = null
) : IRequest<FollowUpPage>;

/// <summary>The place of a follow-up in a list.</summary>
/// <param name="ScheduledAt">When it is due.</param>
/// <param name="Id">Decides between follow-ups of one instant.</param>
public sealed record FollowUpKey(DateTimeOffset ScheduledAt, Guid Id);

/// <summary>A page of follow-ups.</summary>
/// <param name="Items">Soonest first.</param>
/// <param name="Next">Where the next page starts after; null on the last one.</param>
public sealed record FollowUpPage(IReadOnlyList<ListedFollowUp> Items, FollowUpKey? Next);

/// <summary>A follow-up in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="UserId">The customer.</param>
/// <param name="ConversationId">The conversation that keeps the text.</param>
/// <param name="BookingId">The booking that it follows.</param>
/// <param name="Trigger">What made it be scheduled.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="ScheduledAt">When it is due.</param>
/// <param name="ExecutedAt">When it was sent.</param>
/// <param name="CancelledAt">When it was cancelled.</param>
/// <param name="TemplateId">The template that was or would be used.</param>
/// <param name="HeldReason">Why a due one waits.</param>
/// <param name="MessagePreview">The first 100 characters of the text, sent or given.</param>
public sealed record ListedFollowUp(
    Guid Id,
    string UserId,
    string? ConversationId,
    string? BookingId,
    FollowUpTrigger Trigger,
    FollowUpStatus Status,
    DateTimeOffset ScheduledAt,
    DateTimeOffset? ExecutedAt,
    DateTimeOffset? CancelledAt,
    string? TemplateId,
    string? HeldReason,
    string? MessagePreview
);
