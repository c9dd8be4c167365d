using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// Gives a stored message a late or corrected score and recomputes its conversation's statistics. Null when the message is unknown.
/// </summary>
/// <remarks>One crossing.</remarks>
/// <param name="ConversationId">The conversation that holds the message: 1 to 255 characters.</param>
/// <param name="MessageId">The message.</param>
/// <param name="Score">From 0 to 1, finite.</param>
/// <param name="Label">The dominant emotion: 1 to 32 characters.</param>
/// <param name="Detected">All emotions that the scorer named: at most 32, each 1 to 32 characters.</param>
public sealed record SetMessageEmotion(
    string ConversationId,
    Guid MessageId,
    double? Score,
    string? Label = null,
    IReadOnlyList<string>? Detected = null
) : IRequest<SetMessageEmotionResult?>;

/// <summary>The message with its new score, and its conversation.</summary>
/// <param name="Message">As it is stored now.</param>
/// <param name="Conversation">With its new statistics.</param>
public sealed record SetMessageEmotionResult(Message Message, Conversation Conversation);
