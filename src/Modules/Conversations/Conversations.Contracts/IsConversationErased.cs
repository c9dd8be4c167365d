using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// Tells a conversation that was erased with its user from one that never was. For callers that met null: who wrote to an
/// erased one is to hear that it is gone for good.
/// </summary>
/// <remarks>One crossing.</remarks>
/// <param name="ConversationId">The caller's id: 1 to 255 characters.</param>
public sealed record IsConversationErased(string ConversationId) : IRequest<bool>;
