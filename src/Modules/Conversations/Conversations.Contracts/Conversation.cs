using System.Text.Json;

namespace Conversations.Contracts;

/// <summary>Where the mood of a conversation is heading.</summary>
public enum EmotionTrend
{
    /// <summary>Up by more than 0.15.</summary>
    Improving,

    /// <summary>Down by more than 0.15.</summary>
    Declining,

    /// <summary>Neither.</summary>
    Stable,
}

/// <summary>A conversation: what it is, and its exact statistics after every message stored so far.</summary>
public sealed record Conversation
{
    /// <summary>The caller's own id.</summary>
    public required string Id { get; init; }

    /// <summary>The customer, from the first message that named one.</summary>
    public string? UserId { get; init; }

    /// <summary>Messages stored, all roles; retention does not lower it.</summary>
    public required long MessageCount { get; init; }

    /// <summary>Mean of the newest 10 scored messages by (sentAt, id); null without scores.</summary>
    public double? AverageEmotionScore { get; init; }

    /// <summary>Trend over the newest scored messages; null without scores.</summary>
    public EmotionTrend? EmotionTrend { get; init; }

    /// <summary>sentAt of the newest message, any role.</summary>
    public required DateTimeOffset LastMessageAt { get; init; }

    /// <summary>sentAt of the customer's newest own message.</summary>
    public DateTimeOffset? LastActivityAt { get; init; }

    /// <summary>Channels that its messages used, sorted.</summary>
    public required IReadOnlyList<string> Channels { get; init; }

    /// <summary>True while it is not closed.</summary>
    public bool Active => ClosedAt is null;

    /// <summary>When it was closed; a new message reopens it.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>Why it was closed, in the caller's words.</summary>
    public string? CloseReason { get; init; }

    /// <summary>Why it was last reopened, in the caller's words; null when a message did it.</summary>
    public string? ReopenReason { get; init; }

    /// <summary>True while a human has taken over.</summary>
    public bool Escalated => EscalatedAt is not null;

    /// <summary>When a human took over; null once resolved.</summary>
    public DateTimeOffset? EscalatedAt { get; init; }

    /// <summary>Why, in the caller's words.</summary>
    public string? EscalationReason { get; init; }

    /// <summary>The caller's own JSON object, merged by RFC 7396.</summary>
    public JsonElement? Context { get; init; }

    /// <summary>When its first message was stored.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}
