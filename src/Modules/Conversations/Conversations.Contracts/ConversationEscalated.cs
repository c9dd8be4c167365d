using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// A human has taken over a conversation: published once per escalation, after commit. May be lost in a crash; <see cref="GetMoods" />
/// tells the same at any time.
/// </summary>
/// <param name="ConversationId">The conversation.</param>
/// <param name="UserId">Its customer, if one is known.</param>
/// <param name="Reason">Why, in the caller's words.</param>
/// <param name="At">When it was written.</param>
public sealed record ConversationEscalated(string ConversationId, string? UserId, string? Reason, DateTimeOffset At)
    : INotification;
