using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// A human has given a conversation back: published once per escalation, after commit. May be lost in a crash; <see cref="GetMoods" />
/// tells the same at any time.
/// </summary>
/// <param name="ConversationId">The conversation.</param>
/// <param name="UserId">Its customer, if one is known.</param>
/// <param name="At">When it was written.</param>
public sealed record EscalationResolved(string ConversationId, string? UserId, DateTimeOffset At) : INotification;
