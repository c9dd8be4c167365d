using System.ComponentModel.DataAnnotations;

namespace Conversations;

/// <summary>What an operator may set under <c>Conversations</c>.</summary>
public sealed class ConversationsOptions
{
    /// <summary>Where the module finds its options.</summary>
    public const string Section = "Conversations";

    /// <summary>Most messages in one request. 1 to 100 000. Default 10 000.</summary>
    [Range(1, 100_000)]
    public int MaxBatchSize { get; set; } = 10_000;

    /// <summary>Most characters in a message. 1 to 1 000 000. Default 100 000.</summary>
    [Range(1, 1_000_000)]
    public int MaxContentLength { get; set; } = 100_000;

    /// <summary>Most bytes of JSON in each of metadata, context, tool calls and tool results. 2 to 1 048 576. Default 65 536.</summary>
    [Range(2, 1_048_576)]
    public int MaxJsonBytes { get; set; } = 65_536;

    /// <summary>Most messages in a context window, whatever its budget. 1 to 100 000. Default 2 000.</summary>
    [Range(1, 100_000)]
    public int MaxContextMessages { get; set; } = 2_000;

    /// <summary>Messages older than this, by sentAt, are deleted by <c>DeleteExpiredMessages</c>. 1 h to 36 500 days. Absent: none ever is. Default absent.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "36500.00:00:00")]
    public TimeSpan? MessageRetention { get; set; }

    /// <summary>Most messages that retention deletes in one transaction. 1 to 100 000. Default 1000.</summary>
    [Range(1, 100_000)]
    public int RetentionBatchSize { get; set; } = 1000;

    /// <summary>Most messages that one run of retention deletes. 1 to 100 000 000. Default 100 000.</summary>
    [Range(1, 100_000_000)]
    public int RetentionRunSize { get; set; } = 100_000;

    /// <summary>
    /// Secret behind the tombstones of erased users: 32 bytes or more in base64. Absent: one that the database made for itself; set it to
    /// keep the secret out of database backups. Changing it forgets who was erased.
    /// </summary>
    [
        MinLength(44, ErrorMessage = "must be 32 bytes or more in base64."),
        Base64String(ErrorMessage = "must be 32 bytes or more in base64.")
    ]
    public string? ErasureKey { get; set; }
}
