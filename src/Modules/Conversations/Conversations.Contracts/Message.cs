using System.Text.Json;

namespace Conversations.Contracts;

/// <summary>Who speaks in a message.</summary>
public enum MessageRole
{
    /// <summary>The customer. Only these messages count as the customer's activity.</summary>
    User,

    /// <summary>The business's assistant, follow-ups included.</summary>
    Assistant,

    /// <summary>An instruction to the assistant.</summary>
    System,

    /// <summary>The answer of a tool that the assistant called.</summary>
    Tool,
}

/// <summary>What an emotion model read in a message.</summary>
/// <param name="Score">From 0 (worst) to 1 (best), finite; null when the message was not scored. 0 is a score.</param>
/// <param name="Label">The dominant emotion, in the scorer's words: 1 to 32 characters.</param>
/// <param name="Detected">All emotions that the scorer named: at most 32, each 1 to 32 characters.</param>
public sealed record Emotion(double? Score = null, string? Label = null, IReadOnlyList<string>? Detected = null);

/// <summary>Tokens that a language model counted for a message.</summary>
/// <param name="InputTokens">Tokens of the prompt that led to the message; not negative.</param>
/// <param name="OutputTokens">Tokens of the message itself; not negative. Stands in for our own count when given.</param>
public sealed record TokenUsage(int? InputTokens = null, int? OutputTokens = null);

/// <summary>A message as it is stored.</summary>
public sealed record Message
{
    /// <summary>Unique within its conversation.</summary>
    public required Guid Id { get; init; }

    /// <summary>The conversation that holds it.</summary>
    public required string ConversationId { get; init; }

    /// <summary>The customer whose conversation it is, once one is known.</summary>
    public string? UserId { get; init; }

    /// <summary>Who speaks.</summary>
    public required MessageRole Role { get; init; }

    /// <summary>The text; empty only beside tool calls or tool results.</summary>
    public required string Content { get; init; }

    /// <summary>The way it came or went: a lower-case slug such as <c>whatsapp</c>.</summary>
    public required string Channel { get; init; }

    /// <summary>When it was said, UTC, to the microsecond.</summary>
    public required DateTimeOffset SentAt { get; init; }

    /// <summary>What was read in it, if anything was.</summary>
    public Emotion? Emotion { get; init; }

    /// <summary>The caller's own JSON object.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>What the language model counted, if the caller said.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>
    /// What it weighs in a context window: tokens of o200k_base in content, tool calls and tool results, or the caller's output tokens. Fixed
    /// when stored.
    /// </summary>
    public required int TokenCount { get; init; }

    /// <summary>Tools that the assistant called, as JSON.</summary>
    public JsonElement? ToolCalls { get; init; }

    /// <summary>What the called tools answered, as JSON.</summary>
    public JsonElement? ToolResults { get; init; }
}
