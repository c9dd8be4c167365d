using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// Finds messages by their words, best match first, then newest first. Words are compared without regard to case and are not stemmed, so
/// that every language is served alike. A query that asks for no word answers nothing.
/// </summary>
/// <param name="Query">
/// 1 to 500 characters, as in a web search: words that must all occur, <c>"a phrase"</c>, <c>or</c>, <c>-not</c>.
/// </param>
/// <param name="UserId">Only this customer's conversations: 1 to 255 characters.</param>
/// <param name="Limit">1 to 200.</param>
/// <param name="After">Where the page before ended; null for the first page.</param>
public sealed record SearchMessages(string Query, string? UserId = null, int Limit = 50, MatchKey? After = null)
    : IRequest<MatchPage>;

/// <summary>The place of a message in a search's result.</summary>
/// <param name="Rank">How well it matches.</param>
/// <param name="SentAt">Decides between equal ranks.</param>
/// <param name="Id">Decides between messages of one instant.</param>
/// <param name="ConversationId">Decides between messages of one instant and id, which two conversations may hold.</param>
public sealed record MatchKey(float Rank, DateTimeOffset SentAt, Guid Id, string ConversationId);

/// <summary>A page of a search's result.</summary>
/// <param name="Items">Best match first.</param>
/// <param name="Next">Where the next page starts after; null on the last one.</param>
public sealed record MatchPage(IReadOnlyList<MessageMatch> Items, MatchKey? Next);

/// <summary>A message that was found.</summary>
/// <param name="Message">As it is stored.</param>
/// <param name="Rank">How well it matches; higher is better, comparable within one query only.</param>
/// <param name="Highlight">
/// The passages that matched as HTML: escaped text, in which <c>&lt;mark&gt;</c> around each match is the only element.
/// </param>
public sealed record MessageMatch(Message Message, float Rank, string Highlight);
