using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// Hands a conversation over to a human. Again: changes nothing, the first time and reason stay. Null when it is unknown.
/// </summary>
/// <remarks>One crossing.</remarks>
/// <param name="ConversationId">The caller's id: 1 to 255 characters.</param>
/// <param name="Reason">Why, in the caller's words: 1 to 1000 characters, or null.</param>
public sealed record EscalateConversation(string ConversationId, string? Reason = null) : IRequest<Conversation?>;
