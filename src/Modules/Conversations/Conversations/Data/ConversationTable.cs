using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Conversations.Data;

internal sealed class ConversationRow
{
    public required string Id { get; init; }
    public string? UserId { get; init; }
    public long MessageCount { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset LastMessageAt { get; init; }
    public DateTimeOffset? LastActivityAt { get; init; }
    public double? Average { get; init; }

    // Since when the average has been below 0.4, and the write that took it there.
    public DateTimeOffset? LowSince { get; init; }
    public Guid? DroppedBy { get; init; }
    public DateTimeOffset? EscalatedAt { get; init; }
    public DateTimeOffset? ClosedAt { get; init; }
    public string? EscalationReason { get; init; }
    public string? CloseReason { get; init; }
    public required string[] Channels { get; init; }

    // The newest 10 scored messages, newest first. Kept in the row, so that the row lock of a write guards it.
    public required DateTimeOffset[] WindowAt { get; init; }
    public required Guid[] WindowIds { get; init; }
    public required double[] WindowScores { get; init; }
    public string? Context { get; init; }
}

internal sealed class ConversationTable : IEntityTypeConfiguration<ConversationRow>
{
    /// <summary>
    /// The end of every statement that changes a conversation's messages: takes them from a CTE <c>arrivals</c> (conversation_id, id,
    /// user_id, role, channel, sent_at, score, added, ord) and merges them into the row under its lock. What DO UPDATE reads of the row is
    /// its newest version, not the statement's snapshot: that is what keeps count and window exact under concurrency. Locks are taken in
    /// key order, so that writers cannot deadlock. Parameters: @now, @write.
    /// </summary>
    public const string Merge = """
        INSERT INTO conversations.conversations AS c
            (id, user_id, message_count, created_at, last_message_at, last_activity_at, channels,
             window_at, window_ids, window_scores, average, low_since, dropped_by)
        SELECT a.conversation_id, a.user_id, a.added, @now, a.last_message_at, a.last_activity_at, a.channels,
               a.window_at, a.window_ids, a.window_scores, a.average,
               CASE WHEN round(a.average::numeric, 6) < 0.4 THEN @now END,
               CASE WHEN round(a.average::numeric, 6) < 0.4 THEN @write END
        FROM (
            SELECT conversation_id,
                   (array_agg(user_id ORDER BY ord) FILTER (WHERE user_id IS NOT NULL))[1] AS user_id,
                   sum(added) AS added,
                   max(sent_at) AS last_message_at,
                   max(sent_at) FILTER (WHERE role = 0) AS last_activity_at,
                   array_agg(DISTINCT channel) AS channels,
                   coalesce((array_agg(sent_at ORDER BY sent_at DESC, id DESC) FILTER (WHERE score IS NOT NULL))[1:10], '{}') AS window_at,
                   coalesce((array_agg(id ORDER BY sent_at DESC, id DESC) FILTER (WHERE score IS NOT NULL))[1:10], '{}') AS window_ids,
                   coalesce((array_agg(score ORDER BY sent_at DESC, id DESC) FILTER (WHERE score IS NOT NULL))[1:10], '{}') AS window_scores,
                   NULL::float8 AS average
            FROM arrivals
            GROUP BY conversation_id
            ORDER BY conversation_id
        ) a
        """;

    public void Configure(EntityTypeBuilder<ConversationRow> table)
    {
        // Every message updates the row: room on its page and no index on what changes keep these updates HOT.
        table.ToTable("conversations").HasStorageParameter("fillfactor", 70);
        table.HasKey(c => c.Id).HasName("pk_conversations");
        table.Property(c => c.Id).UseCollation("C");
        table.Property(c => c.UserId).UseCollation("C");
        table.Property(c => c.Context).HasColumnType("jsonb");

        // ListConversations of a user, GetUserMessages, GetMoods, ListSilentCustomers.
        table.HasIndex(c => new { c.UserId, c.Id }).HasDatabaseName("ix_conversations_user");

        // ListMoodDrops. Changes only when the mood crosses the line.
        table
            .HasIndex(c => new { c.LowSince, c.Id })
            .HasDatabaseName("ix_conversations_mood_drops")
            .HasFilter("low_since IS NOT NULL");
    }
}
