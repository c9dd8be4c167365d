using MediatR;

namespace FollowUps.Contracts;

/// <summary>Tells whether follow-ups leave on time: all that are pending count, whichever instance of the service sends them.</summary>
/// <param name="CountUpTo">No count goes further than this, which keeps asking often cheap. Default null: all are counted.</param>
public sealed record GetDispatchHealth(int? CountUpTo = null) : IRequest<DispatchHealth>;

/// <summary>How dispatch stands.</summary>
/// <param name="Pending">How many are still to be sent.</param>
/// <param name="ExecutedToday">How many were sent since midnight UTC.</param>
/// <param name="Overdue">How many should have been looked at more than a minute ago (option <c>FollowUps:OverdueAfter</c>). What is paused should not.</param>
/// <param name="NextAt">When the next one is looked at; null when none is pending that is not paused.</param>
/// <param name="Held">How many wait for the end of an escalation.</param>
/// <param name="HeldSince">When the one that waits longest was due; null when none does.</param>
/// <param name="Paused">The triggers that are paused.</param>
public sealed record DispatchHealth(
    long Pending,
    long ExecutedToday,
    long Overdue,
    DateTimeOffset? NextAt,
    long Held,
    DateTimeOffset? HeldSince,
    IReadOnlyList<FollowUpTrigger> Paused
);
