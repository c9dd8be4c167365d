using MediatR;

namespace FollowUps.Contracts;

/// <summary>Makes a failed follow-up pending again, due at once, with all its attempts before it. Null when it is unknown.</summary>
/// <param name="Id">Its id.</param>
public sealed record RetryFollowUp(Guid Id) : IRequest<RetryFollowUpResult?>;

/// <summary>The follow-up after the request.</summary>
/// <param name="Retried">
/// False when there was nothing to retry: it has not failed, or one like it was scheduled meanwhile.
/// </param>
/// <param name="FollowUp">As it stands.</param>
public sealed record RetryFollowUpResult(bool Retried, FollowUp FollowUp);
