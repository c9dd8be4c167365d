using MediatR;

namespace Conversations.Contracts;

/// <summary>Reads a conversation and its statistics. Null when it is unknown.</summary>
/// <param name="ConversationId">The caller's id.</param>
public sealed record GetConversation(string ConversationId) : IRequest<Conversation?>;
