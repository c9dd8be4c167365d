using MediatR;

namespace FollowUps.Contracts;

/// <summary>Moves a pending follow-up to another time. Null when it is unknown.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ScheduledAt">When it is due now; needed. Past: due at once.</param>
public sealed record RescheduleFollowUp(Guid Id, DateTimeOffset? ScheduledAt) : IRequest<RescheduleFollowUpResult?>;

/// <summary>The follow-up after the request.</summary>
/// <param name="Rescheduled">False when it could not be moved.</param>
/// <param name="FollowUp">As it stands.</param>
/// <param name="Conflict">Then why: its status, that it is being sent, or that another one like it is pending at the new time.</param>
/// <param name="OtherId">That other one.</param>
public sealed record RescheduleFollowUpResult(
    bool Rescheduled,
    FollowUp FollowUp,
    FollowUpConflict? Conflict = null,
    Guid? OtherId = null
);
