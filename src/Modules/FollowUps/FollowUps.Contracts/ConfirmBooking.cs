using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// A booking was confirmed: stores the message that says so and schedules the follow-up after the event, both or neither. Idempotent:
/// the same again stores and schedules nothing new; a later one that names another time moves the follow-up there. A booking that was rescheduled later keeps its later time; one that was cancelled
/// later stays cancelled. It may be confirmed to several customers, each of whom is followed up with: it has one time and one end for all.
/// </summary>
/// <remarks>One crossing.</remarks>
/// <param name="BookingId">The caller's id: 1 to 255 characters.</param>
/// <param name="UserId">The customer: 1 to 255 characters.</param>
/// <param name="ConversationId">Where the message is stored, and whose mood words the follow-up: 1 to 255 characters.</param>
/// <param name="EventAt">When the event takes place; needed.</param>
/// <param name="Message">What the customer was told: 1 to 10 000 characters; a short text of our own when absent.</param>
/// <param name="OccurredAt">
/// When it was confirmed: of two reports on a booking the later one wins. Absent: now; but it may be said again, so it changes nothing of a booking
/// that was moved, completed, missed or cancelled meanwhile.
/// </param>
public sealed record ConfirmBooking(
    string BookingId,
    string UserId,
    string ConversationId,
    DateTimeOffset? EventAt,
    string? Message = null,
    DateTimeOffset? OccurredAt = null
) : IRequest<ConfirmBookingResult>;

/// <summary>Why a confirmation was refused.</summary>
public enum BookingRefusal
{
    /// <summary>The conversation belongs to another user.</summary>
    OtherOwner,

    /// <summary>The user, or the conversation, has been erased.</summary>
    Erased,
}

/// <summary>What became of a confirmation.</summary>
/// <param name="Refusal">Null when it was taken; else nothing is kept of it and the rest is null.</param>
/// <param name="Message">The message as stored.</param>
/// <param name="Conversation">Its conversation after the write.</param>
/// <param name="Schedule">What became of the follow-up; suppressed with <c>booking_cancelled</c> when the booking was cancelled later.</param>
public sealed record ConfirmBookingResult(
    BookingRefusal? Refusal,
    ConfirmationMessage? Message,
    ConfirmationConversation? Conversation,
    ScheduleResult? Schedule
);

/// <summary>The message that told the customer.</summary>
/// <param name="Id">Made from the confirmation, so that its repetition is the same message.</param>
/// <param name="ConversationId">The conversation that keeps it.</param>
/// <param name="UserId">The customer.</param>
/// <param name="Role">Always <c>assistant</c>.</param>
/// <param name="Content">The text.</param>
/// <param name="SentAt">When it was said, UTC.</param>
public sealed record ConfirmationMessage(
    Guid Id,
    string ConversationId,
    string? UserId,
    string Role,
    string Content,
    DateTimeOffset SentAt
);

/// <summary>The conversation of a confirmation, after the write.</summary>
/// <param name="Id">The caller's id.</param>
/// <param name="UserId">The customer.</param>
/// <param name="MessageCount">Messages that it holds.</param>
/// <param name="AverageEmotionScore">Mean of its newest 10 scored messages, 0 to 1; null without scores.</param>
/// <param name="EmotionTrend"><c>improving</c>, <c>declining</c> or <c>stable</c>; null without scores.</param>
/// <param name="LastMessageAt">Its newest message, UTC.</param>
public sealed record ConfirmationConversation(
    string Id,
    string? UserId,
    long MessageCount,
    double? AverageEmotionScore,
    string? EmotionTrend,
    DateTimeOffset LastMessageAt
);
