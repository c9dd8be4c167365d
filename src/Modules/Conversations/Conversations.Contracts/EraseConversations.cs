using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// Erases a customer: every conversation of theirs with all its messages, all or nothing. What stays is a keyed hash of the
/// customer's id and of each conversation's, so that a later or repeated message of theirs, or into one of these conversations, is refused
/// (<see cref="StoreRefusalReason.Erased" />). Again: counts are 0.
/// </summary>
/// <remarks>One crossing.</remarks>
/// <param name="UserId">The customer: 1 to 255 characters; one never seen is refused from now on, too.</param>
public sealed record EraseConversations(string UserId) : IRequest<ErasedConversations>;

/// <summary>What was erased.</summary>
/// <param name="Conversations">How many conversations.</param>
/// <param name="Messages">How many messages.</param>
public sealed record ErasedConversations(long Conversations, long Messages);
