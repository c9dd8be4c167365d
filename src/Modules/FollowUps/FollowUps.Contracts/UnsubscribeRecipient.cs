using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// What the link in a delivery does when it is followed: opts its customer out, and cancels what is pending (<c>opted_out</c>) in the same
/// transaction. Again: changes nothing. False when the token was not made here.
/// </summary>
/// <param name="Token">The last segment of <see cref="Delivery.Unsubscribe" />.</param>
/// <param name="OnlyTrigger">Only out of the trigger of the follow-up that carried the link; else out of <c>all</c>.</param>
public sealed record UnsubscribeRecipient(string Token, bool OnlyTrigger = false) : IRequest<bool>;
