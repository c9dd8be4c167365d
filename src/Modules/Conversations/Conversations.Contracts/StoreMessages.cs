using System.Text.Json;
using System.Text.Json.Serialization;
using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// Stores messages: creates their conversations, keeps their statistics exact, all or nothing. Idempotent by
/// (conversation, message id): what is stored already changes nothing and is answered as it is stored.
/// </summary>
/// <remarks>One crossing.</remarks>
/// <param name="Messages">1 to 10 000 messages (option <c>Conversations:MaxBatchSize</c>), in any order.</param>
public sealed record StoreMessages(IReadOnlyList<NewMessage> Messages) : IRequest<StoreMessagesResult>
{
    /// <summary>
    /// When it has waited so long for a row that another transaction holds, it fails with PostgreSQL's <c>lock_not_available</c> (55P03), and
    /// nothing is written. 1 ms to 1 h. Absent: it waits as long as a command may take. For callers in process.
    /// </summary>
    [JsonIgnore]
    public TimeSpan? MaxLockWait { get; init; }
}

/// <summary>A message to store.</summary>
public sealed record NewMessage
{
    /// <summary>The caller's id of the conversation: 1 to 255 characters. Needed in a batch; where the path names it, it is not read.</summary>
    public string ConversationId { get; init; } = "";

    /// <summary>Makes a repetition harmless; a new UUIDv7 when absent.</summary>
    public Guid? Id { get; init; }

    /// <summary>The customer: 1 to 255 characters. The first one given owns the conversation.</summary>
    public string? UserId { get; init; }

    /// <summary>Who speaks; needed.</summary>
    public MessageRole? Role { get; init; }

    /// <summary>1 to 100 000 characters (option <c>Conversations:MaxContentLength</c>); empty only with tool calls or results.</summary>
    public string? Content { get; init; }

    /// <summary>A lower-case slug of 1 to 20 characters; <c>api</c> when absent.</summary>
    public string? Channel { get; init; }

    /// <summary>When it was said; now when absent.</summary>
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>What a scorer read in it; may also come later (<see cref="SetMessageEmotion" />).</summary>
    public Emotion? Emotion { get; init; }

    /// <summary>Any JSON object of at most 64 KiB.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>What the language model counted.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>Tools that the assistant called: JSON of at most 64 KiB.</summary>
    public JsonElement? ToolCalls { get; init; }

    /// <summary>What the tools answered: JSON of at most 64 KiB.</summary>
    public JsonElement? ToolResults { get; init; }
}

/// <summary>Why a message was refused.</summary>
public enum StoreRefusalReason
{
    /// <summary>Its id is stored in this conversation with other content.</summary>
    ConflictingContent,

    /// <summary>The conversation belongs to another user.</summary>
    OtherOwner,

    /// <summary>Its user, or its conversation, has been erased.</summary>
    Erased,
}

/// <summary>The first message that made the whole request be refused.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Index">Its place in the request, from 0.</param>
public sealed record StoreRefusal(StoreRefusalReason Reason, int Index);

/// <summary>What became of the messages.</summary>
/// <param name="Refusal">Null when all are stored; else nothing was written and the lists are empty.</param>
/// <param name="Stored">How many are new.</param>
/// <param name="Duplicates">How many were there already.</param>
/// <param name="Messages">As stored, in the order of the request.</param>
/// <param name="New">For each message, whether it is new: false where it was there already, or stands earlier in the request.</param>
/// <param name="Conversations">Those that the messages belong to, after the write.</param>
public sealed record StoreMessagesResult(
    StoreRefusal? Refusal,
    int Stored,
    int Duplicates,
    IReadOnlyList<Message> Messages,
    IReadOnlyList<bool> New,
    IReadOnlyList<Conversation> Conversations
);
