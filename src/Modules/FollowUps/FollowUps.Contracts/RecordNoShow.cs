using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// The customer did not come: recorded. When a post-event follow-up of the booking falls due it is cancelled with the reason
/// <c>booking_no_show</c>, unless a later report says otherwise: nobody is thanked for a visit that never was. Idempotent, and safe out of order.
/// </summary>
/// <param name="BookingId">The caller's id: 1 to 255 characters.</param>
/// <param name="OccurredAt">When it was found; now when absent. Of two reports on a booking the later one wins.</param>
public sealed record RecordNoShow(string BookingId, DateTimeOffset? OccurredAt = null) : IRequest<BookingResult>;
