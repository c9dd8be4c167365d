using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// Makes failed follow-ups pending again, due at once: those that no newer one has replaced. Answers how many, at most 10 000 in one request.
/// </summary>
/// <param name="Trigger">Only those of this trigger.</param>
/// <param name="From">Only those that were due from here on.</param>
/// <param name="To">Only those that were due before.</param>
public sealed record RetryFollowUps(
    FollowUpTrigger? Trigger = null,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null
) : IRequest<int>;
