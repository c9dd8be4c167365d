using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// Reads the newest messages whose token counts fit a language model's budget: an unbroken end of the conversation, at most
/// <c>Conversations:MaxContextMessages</c> long. An answer of a tool is left out when a call that it answers does not fit, so the two are never
/// parted; answers are matched by the ids that calls and results name (<c>id</c>, <c>toolCallId</c>, <c>call_id</c> …), else by place.
/// Null when the conversation is unknown.
/// </summary>
/// <param name="ConversationId">The caller's id: 1 to 255 characters.</param>
/// <param name="MaxTokens">The budget: 1 to 2 000 000 tokens.</param>
/// <param name="KeepSystem">
/// True to keep the newest system messages however far back they lie; they count first against the budget.
/// </param>
public sealed record GetContextWindow(string ConversationId, int MaxTokens = 4000, bool KeepSystem = false)
    : IRequest<ContextWindow?>;

/// <summary>What fits.</summary>
/// <param name="Items">Oldest first.</param>
/// <param name="TokenCount">The sum of their token counts, at most the budget.</param>
public sealed record ContextWindow(IReadOnlyList<Message> Items, long TokenCount);
