using MediatR;

namespace Conversations.Contracts;

/// <summary>Lists conversations by their newest message, newest first.</summary>
/// <param name="UserId">Only this customer's: 1 to 255 characters.</param>
/// <param name="Escalated">Only those that a human has taken over, or has not.</param>
/// <param name="Active">Only those that are open, or closed.</param>
/// <param name="Channel">Only those with a message of this channel: a lower-case slug of 1 to 20 characters.</param>
/// <param name="Since">Only those whose newest message was sent at or after this instant.</param>
/// <param name="Limit">1 to 200.</param>
/// <param name="After">Where the page before ended; null for the first page.</param>
public sealed record ListConversations(
    string? UserId = null,
    bool? Escalated = null,
    bool? Active = null,
    string? Channel = null,
    DateTimeOffset? Since = null,
    int Limit = 50,
    ConversationKey? After = null
) : IRequest<ConversationPage>;

/// <summary>The place of a conversation in a list. A message that comes between two pages moves its conversation to the front.</summary>
/// <param name="LastMessageAt">sentAt of its newest message.</param>
/// <param name="Id">Decides between conversations of one instant.</param>
public sealed record ConversationKey(DateTimeOffset LastMessageAt, string Id);

/// <summary>A page of conversations.</summary>
/// <param name="Items">Newest message first.</param>
/// <param name="Next">Where the next page starts after; null on the last one.</param>
public sealed record ConversationPage(IReadOnlyList<Conversation> Items, ConversationKey? Next);
