using MediatR;

namespace Conversations.Contracts;

/// <summary>Reads a conversation and its statistics. Null when it is unknown.</summary>
/// <param name="ConversationId">The caller's id: 1 to 255 characters.</param>
public sealed record GetConversation(string ConversationId) : IRequest<Conversation?>;
