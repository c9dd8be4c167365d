using MediatR;

namespace Conversations.Contracts;

/// <summary>Gives an escalated conversation back to the assistant. Again: changes nothing. Null when it is unknown.</summary>
/// <remarks>One crossing.</remarks>
/// <param name="ConversationId">The caller's id: 1 to 255 characters.</param>
public sealed record ResolveEscalation(string ConversationId) : IRequest<Conversation?>;
