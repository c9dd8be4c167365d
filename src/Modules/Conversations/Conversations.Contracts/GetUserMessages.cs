using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// Reads a page of one timeline over all conversations and channels of a customer, by (sentAt, id, conversationId). Null when the customer
/// has no conversation.
/// </summary>
/// <param name="UserId">The customer: 1 to 255 characters.</param>
/// <param name="Channel">Only messages of this channel: a lower-case slug of 1 to 20 characters.</param>
/// <param name="Since">Only messages sent at or after this instant.</param>
/// <param name="Newest">True for newest first; oldest first otherwise.</param>
/// <param name="Limit">1 to 200 messages.</param>
/// <param name="After">Where the page before ended; null for the first page.</param>
public sealed record GetUserMessages(
    string UserId,
    string? Channel = null,
    DateTimeOffset? Since = null,
    bool Newest = false,
    int Limit = 50,
    TimelineKey? After = null
) : IRequest<TimelinePage?>;

/// <summary>The place of a message in a customer's timeline.</summary>
/// <param name="SentAt">When it was said.</param>
/// <param name="Id">Decides between messages of one instant.</param>
/// <param name="ConversationId">Decides between messages of one instant and id, which two conversations may hold.</param>
public sealed record TimelineKey(DateTimeOffset SentAt, Guid Id, string ConversationId);

/// <summary>A page of a customer's timeline.</summary>
/// <param name="Items">In the order asked for.</param>
/// <param name="Next">Where the next page starts after; null on the last one.</param>
public sealed record TimelinePage(IReadOnlyList<Message> Items, TimelineKey? Next);
