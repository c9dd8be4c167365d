using MediatR;

namespace Conversations.Contracts;

/// <summary>Opens a closed conversation again. An open one is left as it is. Null when it is unknown.</summary>
/// <remarks>One crossing.</remarks>
/// <param name="ConversationId">The caller's id: 1 to 255 characters.</param>
/// <param name="Reason">Why, in the caller's words: 1 to 1000 characters, or null.</param>
public sealed record ReopenConversation(string ConversationId, string? Reason = null) : IRequest<Conversation?>;
