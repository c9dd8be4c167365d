using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// A booking was moved: its pending post-event follow-ups move with it, keeping their distance to the event. Known or not, the booking's new
/// time is kept. Idempotent, and safe out of order.
/// </summary>
/// <param name="BookingId">The caller's id: 1 to 255 characters.</param>
/// <param name="EventAt">The new time; needed.</param>
/// <param name="OccurredAt">When it was moved; now when absent. Of two reports on a booking the later one wins.</param>
public sealed record RescheduleBooking(string BookingId, DateTimeOffset? EventAt, DateTimeOffset? OccurredAt = null)
    : IRequest<BookingResult>;
