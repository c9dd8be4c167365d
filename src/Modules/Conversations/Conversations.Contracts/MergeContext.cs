using System.Text.Json;
using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// Merges a patch into a conversation's context by RFC 7396, in one crossing and under the conversation's lock, so that patches of different
/// keys made at once all survive: null removes a key, objects merge, all else replaces. Null when the conversation is unknown.
/// </summary>
/// <param name="ConversationId">The caller's id: 1 to 255 characters.</param>
/// <param name="Patch">
/// A JSON object. Neither it nor the merged context may be larger than 64 KiB (option <c>Conversations:MaxJsonBytes</c>); a validation
/// error of <c>context</c> otherwise, and nothing is written.
/// </param>
public sealed record MergeContext(string ConversationId, JsonElement? Patch) : IRequest<Conversation?>;
