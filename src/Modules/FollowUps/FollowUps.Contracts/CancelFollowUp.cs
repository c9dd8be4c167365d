using MediatR;

namespace FollowUps.Contracts;

/// <summary>Cancels a pending follow-up. Again: the same answer, with the first time and reason. Null when it is unknown.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Reason">Why: 1 to 255 characters; <c>cancelled</c> when absent.</param>
public sealed record CancelFollowUp(Guid Id, string? Reason = null) : IRequest<CancelFollowUpResult?>;

/// <summary>The follow-up after the request.</summary>
/// <param name="Cancelled">False when it could not be cancelled: it was executed, has failed, or is being sent right now.</param>
/// <param name="FollowUp">As it stands.</param>
public sealed record CancelFollowUpResult(bool Cancelled, FollowUp FollowUp);
