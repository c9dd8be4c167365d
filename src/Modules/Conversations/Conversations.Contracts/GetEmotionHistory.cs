using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// Reads a conversation's newest scores, newest first. Empty when nothing is scored; null when the conversation is unknown.
/// </summary>
/// <remarks>One crossing, answered by one covering index alone.</remarks>
/// <param name="ConversationId">The caller's id: 1 to 255 characters.</param>
/// <param name="Limit">1 to 200 scores.</param>
public sealed record GetEmotionHistory(string ConversationId, int Limit = 10) : IRequest<IReadOnlyList<ScoredMessage>?>;

/// <summary>A score and the message that it was given to.</summary>
/// <param name="MessageId">The message.</param>
/// <param name="SentAt">When it was said.</param>
/// <param name="Score">From 0 to 1.</param>
/// <param name="Label">The dominant emotion, if the scorer named one.</param>
public sealed record ScoredMessage(Guid MessageId, DateTimeOffset SentAt, double Score, string? Label);
