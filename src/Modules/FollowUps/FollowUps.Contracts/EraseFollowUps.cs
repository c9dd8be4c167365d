using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// Erases all that is held on a customer, in one transaction: follow-ups with their attempts, what the outbox was handed, bookings, what was not
/// scheduled, and how the customer wants to be reached. Leaves a keyed tombstone, so that nothing is scheduled or sent for them again. Repeat it at will: it
/// answers zeros then.
/// </summary>
/// <param name="UserId">The customer: 1 to 255 characters.</param>
public sealed record EraseFollowUps(string UserId) : IRequest<ErasedFollowUps>;

/// <summary>How much was erased.</summary>
/// <param name="FollowUps">Follow-ups, whatever their status.</param>
/// <param name="Deliveries">Texts in the outbox.</param>
/// <param name="Bookings">Bookings of the customer.</param>
/// <param name="Refusals">Entries on what was not scheduled.</param>
/// <param name="Recipients">1 when anything was ever scheduled for the customer, or they were put; else 0.</param>
public sealed record ErasedFollowUps(long FollowUps, long Deliveries, long Bookings, long Refusals, long Recipients);
