using MediatR;

namespace FollowUps.Contracts;

/// <summary>Lets due follow-ups be sent again, at once. Idempotent. Answers all triggers that are still paused.</summary>
/// <param name="Trigger">Only those of this trigger; null for all.</param>
public sealed record ResumeDispatch(FollowUpTrigger? Trigger = null) : IRequest<IReadOnlyList<FollowUpTrigger>>;
