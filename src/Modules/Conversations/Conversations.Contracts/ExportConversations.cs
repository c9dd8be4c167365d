using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// Reads, page by page, all that is held on a customer: their conversations and every message in them. Ordered by conversation, then
/// (sentAt, id). Empty when nothing is held.
/// </summary>
/// <param name="UserId">The customer: 1 to 255 characters.</param>
/// <param name="Limit">1 to 200 messages.</param>
/// <param name="After">Where the page before ended; null for the first page.</param>
public sealed record ExportConversations(string UserId, int Limit = 200, ExportKey? After = null)
    : IRequest<ConversationsExport>;

/// <summary>The place of a message in an export.</summary>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Message">The message in it; null after a conversation whose messages are all gone.</param>
public sealed record ExportKey(string ConversationId, MessageKey? Message);

/// <summary>A page of an export.</summary>
/// <param name="Items">A conversation that spans pages stands first in each page that continues it.</param>
/// <param name="Next">Where the next page starts after; null on the last one.</param>
public sealed record ConversationsExport(IReadOnlyList<ExportedConversation> Items, ExportKey? Next);

/// <summary>A conversation with those of its messages that fell into the page.</summary>
/// <param name="Conversation">What it is, and its statistics.</param>
/// <param name="Messages">Oldest first.</param>
public sealed record ExportedConversation(Conversation Conversation, IReadOnlyList<Message> Messages);
