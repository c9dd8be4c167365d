using MediatR;

namespace Conversations.Contracts;

/// <summary>Reads a page of a conversation's history by (sentAt, id). Null when the conversation is unknown.</summary>
/// <param name="ConversationId">The caller's id: 1 to 255 characters.</param>
/// <param name="Newest">True for newest first; oldest first otherwise.</param>
/// <param name="Limit">1 to 200 messages.</param>
/// <param name="After">Where the page before ended; null for the first page.</param>
public sealed record GetMessages(string ConversationId, bool Newest = false, int Limit = 50, MessageKey? After = null)
    : IRequest<MessagePage?>;

/// <summary>The place of a message in a history.</summary>
/// <param name="SentAt">When it was said.</param>
/// <param name="Id">Decides between messages of one instant.</param>
public sealed record MessageKey(DateTimeOffset SentAt, Guid Id);

/// <summary>A page of messages.</summary>
/// <param name="Items">In the order asked for.</param>
/// <param name="Next">Where the next page starts after; null on the last one.</param>
public sealed record MessagePage(IReadOnlyList<Message> Items, MessageKey? Next);
