using MediatR;

namespace FollowUps.Contracts;

/// <summary>Makes a failed follow-up pending again, due at once, with all its attempts before it. Null when it is unknown.</summary>
/// <param name="Id">Its id.</param>
public sealed record RetryFollowUp(Guid Id) : IRequest<RetryFollowUpResult?>;

/// <summary>The follow-up after the request.</summary>
/// <param name="Retried">False when it could not be.</param>
/// <param name="FollowUp">As it stands.</param>
/// <param name="Conflict">Then why: its status, that one like it was scheduled meanwhile, or that the customer has as many as may be.</param>
/// <param name="OtherId">That one like it.</param>
public sealed record RetryFollowUpResult(
    bool Retried,
    FollowUp FollowUp,
    FollowUpConflict? Conflict = null,
    Guid? OtherId = null
);
