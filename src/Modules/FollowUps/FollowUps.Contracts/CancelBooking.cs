using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// A booking was cancelled: its pending follow-ups are cancelled with the reason <c>booking_cancelled</c>. Known or not, that it is cancelled is
/// kept, and a follow-up that is scheduled for it meanwhile is not sent. Another booking of the customer that had none beside it gets its own.
/// Idempotent, and safe out of order.
/// </summary>
/// <param name="BookingId">The caller's id: 1 to 255 characters.</param>
/// <param name="OccurredAt">When it was cancelled; now when absent. Of two reports on a booking the later one wins.</param>
public sealed record CancelBooking(string BookingId, DateTimeOffset? OccurredAt = null) : IRequest<BookingResult>;
