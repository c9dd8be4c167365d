using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// Keeps due follow-ups from being sent until resumed. Nothing is lost meanwhile: they stay pending, and those that get too old by then are
/// cancelled as stale. What is on its way already still goes. Idempotent. Answers all triggers that are paused.
/// </summary>
/// <param name="Trigger">Only those of this trigger; null for all.</param>
public sealed record PauseDispatch(FollowUpTrigger? Trigger = null) : IRequest<IReadOnlyList<FollowUpTrigger>>;
