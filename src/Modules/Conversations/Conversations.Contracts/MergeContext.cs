using System.Text.Json;
using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// Merges a patch into a conversation's context by RFC 7396: null removes a key, objects merge, all else replaces. Of patches made at
/// once none is lost. Null when the conversation is unknown.
/// </summary>
/// <remarks>One crossing, under the conversation's lock.</remarks>
/// <param name="ConversationId">The caller's id: 1 to 255 characters.</param>
/// <param name="Patch">
/// A JSON object. Neither it nor the merged context may be larger than 64 KiB (option <c>Conversations:MaxJsonBytes</c>); a validation
/// error of <c>context</c> otherwise, and nothing is written.
/// </param>
public sealed record MergeContext(string ConversationId, JsonElement? Patch) : IRequest<Conversation?>;
