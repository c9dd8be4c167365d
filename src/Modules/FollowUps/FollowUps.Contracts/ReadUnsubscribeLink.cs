using MediatR;

namespace FollowUps.Contracts;

/// <summary>Asks what a link would opt out of, changing nothing: mail programs and scanners open links by themselves. Null when it was not made here.</summary>
/// <param name="Token">The last segment of <see cref="Delivery.Unsubscribe" />.</param>
public sealed record ReadUnsubscribeLink(string Token) : IRequest<UnsubscribeLink?>;

/// <summary>What a link is for.</summary>
/// <param name="Trigger">Of the follow-up that carried it.</param>
public sealed record UnsubscribeLink(FollowUpTrigger Trigger);
