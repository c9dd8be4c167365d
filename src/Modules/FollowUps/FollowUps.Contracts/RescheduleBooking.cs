using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// A booking was moved: its pending post-event follow-ups move with it, keeping their distance to the event. One that comes within the window
/// of another of the customer is cancelled instead, with the reason <c>duplicate</c> and the other's id in its decisions; moved away again, or
/// when the other booking is moved away or cancelled, the booking gets a new one. So does a booking whose confirmation was answered with
/// the other's. Known or not, the booking's new time is kept. Idempotent, and safe out of order.
/// </summary>
/// <param name="BookingId">The caller's id: 1 to 255 characters.</param>
/// <param name="EventAt">The new time; needed.</param>
/// <param name="OccurredAt">When it was moved; now when absent. Of two reports on a booking the later one wins.</param>
public sealed record RescheduleBooking(string BookingId, DateTimeOffset? EventAt, DateTimeOffset? OccurredAt = null)
    : IRequest<BookingResult>;
