using MediatR;

namespace FollowUps.Contracts;

/// <summary>Moves a pending follow-up to another time. Null when it is unknown.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ScheduledAt">When it is due now; needed. Past: due at once.</param>
public sealed record RescheduleFollowUp(Guid Id, DateTimeOffset? ScheduledAt) : IRequest<RescheduleFollowUpResult?>;

/// <summary>The follow-up after the request.</summary>
/// <param name="Rescheduled">
/// False when it could not be moved: it is no longer pending, is being sent right now, or another one like it is pending at the new time.
/// </param>
/// <param name="FollowUp">As it stands.</param>
public sealed record RescheduleFollowUpResult(bool Rescheduled, FollowUp FollowUp);
