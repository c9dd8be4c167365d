using MediatR;

namespace FollowUps.Contracts;

/// <summary>A booking took place: recorded. Its follow-ups stay as they are. Idempotent, and safe out of order.</summary>
/// <param name="BookingId">The caller's id: 1 to 255 characters.</param>
/// <param name="OccurredAt">When it was completed; now when absent. Of two reports on a booking the later one wins.</param>
public sealed record CompleteBooking(string BookingId, DateTimeOffset? OccurredAt = null) : IRequest<BookingResult>;
