using Conversations.Contracts;
using Conversations.Emotions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql;

namespace Conversations.Data;

internal sealed class ConversationRow
{
    public required string Id { get; init; }
    public string? UserId { get; init; }
    public long MessageCount { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset LastMessageAt { get; init; }

    // The hour of LastMessageAt, which the database derives: it can be indexed, because most messages leave it as it is.
    public DateTimeOffset LastMessageHour { get; init; }
    public DateTimeOffset? LastActivityAt { get; init; }

    // The UTC day of LastActivityAt, which the database derives: it can be indexed, because only a day's first message changes it.
    public DateTimeOffset? LastActivityDay { get; init; }
    public double? Average { get; init; }

    // When the average last fell below 0.4, kept after it recovers, and the write that took it there.
    public DateTimeOffset? DroppedAt { get; init; }
    public Guid? DroppedBy { get; init; }
    public DateTimeOffset? EscalatedAt { get; init; }
    public DateTimeOffset? ClosedAt { get; init; }
    public string? EscalationReason { get; init; }
    public string? CloseReason { get; init; }
    public string? ReopenReason { get; init; }
    public required string[] Channels { get; init; }

    // The newest 10 scored messages, newest first. Kept in the row, so that the row lock of a write guards it.
    public required DateTimeOffset[] WindowAt { get; init; }
    public required Guid[] WindowIds { get; init; }
    public required double[] WindowScores { get; init; }
    public string? Context { get; init; }
}

internal sealed class ConversationTable : IEntityTypeConfiguration<ConversationRow>
{
    public const int ColumnCount = 15;

    public const string Columns = """
        c.id, c.user_id, c.message_count, c.created_at, c.last_message_at, c.last_activity_at, c.average, c.window_scores,
        c.channels, c.escalated_at, c.escalation_reason, c.closed_at, c.close_reason, c.context, c.reopen_reason
        """;

    // One row as a writer finds it: its newest version, under its lock. $1 is the conversation.
    public const string Locked =
        "(SELECT l.id, l.escalated_at FROM conversations.conversations l WHERE l.id = $1 FOR NO KEY UPDATE)";

    // The end of every statement that changes a conversation's messages. It takes them from a CTE `arrivals` (conversation_id, id, user_id,
    // role, channel, sent_at, score, added) and merges them into the row under its lock. What DO UPDATE reads of the row is its newest
    // version, not the statement's snapshot: that keeps count and window exact under concurrency. Locks are taken in key order, so
    // writers cannot deadlock. $1 is now, $2 names this write.
    public const string Merge = $"""
        INSERT INTO conversations.conversations AS c
            (id, user_id, message_count, created_at, last_message_at, last_activity_at, channels,
             window_at, window_ids, window_scores, average, dropped_at, dropped_by)
        SELECT a.conversation_id, a.user_id, a.added, $1, a.last_message_at, a.last_activity_at, a.channels,
               a.window_at, a.window_ids, a.window_scores, m.average,
               CASE WHEN round(m.average::numeric, 6) < 0.4 THEN $1 END,
               CASE WHEN round(m.average::numeric, 6) < 0.4 THEN $2 END
        FROM (
            SELECT conversation_id,
                   (array_agg(user_id ORDER BY sent_at, id) FILTER (WHERE user_id IS NOT NULL))[1] AS user_id,
                   sum(added) AS added,
                   max(sent_at) AS last_message_at,
                   max(sent_at) FILTER (WHERE role = 0) AS last_activity_at,
                   array_agg(DISTINCT channel) AS channels,
                   coalesce((array_agg(sent_at ORDER BY sent_at DESC, id DESC) FILTER (WHERE score IS NOT NULL))[1:10], array[]::timestamptz[]) AS window_at,
                   coalesce((array_agg(id ORDER BY sent_at DESC, id DESC) FILTER (WHERE score IS NOT NULL))[1:10], array[]::uuid[]) AS window_ids,
                   coalesce((array_agg(score ORDER BY sent_at DESC, id DESC) FILTER (WHERE score IS NOT NULL))[1:10], array[]::float8[]) AS window_scores
            FROM arrivals
            GROUP BY conversation_id
            ORDER BY conversation_id
        ) a
        CROSS JOIN LATERAL (SELECT round(avg(score)::numeric, 12)::float8 AS average FROM unnest(a.window_scores) score) m
        ON CONFLICT (id) DO UPDATE SET
            user_id = coalesce(c.user_id, excluded.user_id),
            message_count = c.message_count + excluded.message_count,
            last_message_at = greatest(c.last_message_at, excluded.last_message_at),
            last_activity_at = greatest(c.last_activity_at, excluded.last_activity_at),
            channels = CASE WHEN c.channels @> excluded.channels THEN c.channels
                            ELSE (SELECT array_agg(DISTINCT x ORDER BY x) FROM unnest(c.channels || excluded.channels) x) END,
            closed_at = CASE WHEN excluded.message_count = 0 THEN c.closed_at END,
            close_reason = CASE WHEN excluded.message_count = 0 THEN c.close_reason END,
            reopen_reason = CASE WHEN excluded.message_count = 0 OR c.closed_at IS NULL THEN c.reopen_reason END,
            (window_at, window_ids, window_scores, average, dropped_at, dropped_by) = (
                SELECT m.window_at, m.window_ids, m.window_scores, m.average,
                       CASE WHEN m.drops THEN excluded.created_at ELSE c.dropped_at END,
                       CASE WHEN m.drops THEN $2 ELSE c.dropped_by END
                FROM (
                    SELECT coalesce(array_agg(w.at), array[]::timestamptz[]) AS window_at,
                           coalesce(array_agg(w.id), array[]::uuid[]) AS window_ids,
                           coalesce(array_agg(w.score), array[]::float8[]) AS window_scores,
                           round(avg(w.score)::numeric, 12)::float8 AS average,
                           round(avg(w.score)::numeric, 6) < 0.4 AND (round(c.average::numeric, 6) < 0.4) IS NOT TRUE AS drops
                    FROM (
                        SELECT at, id, score
                        FROM unnest(excluded.window_at, excluded.window_ids, excluded.window_scores) AS n(at, id, score)
                        UNION ALL
                        SELECT at, id, score
                        FROM unnest(c.window_at, c.window_ids, c.window_scores) AS o(at, id, score)
                        WHERE id <> ALL (excluded.window_ids)
                        ORDER BY at DESC, id DESC
                        LIMIT 10
                    ) w
                ) m
            )
        RETURNING {Columns}, c.dropped_by IS NOT DISTINCT FROM $2 AS dropped
        """;

    public static Conversation Read(NpgsqlDataReader row, int from = 0)
    {
        var scores = row.GetFieldValue<double[]>(from + 7);
        return new Conversation
        {
            Id = row.GetString(from),
            UserId = row.TextOrNull(from + 1),
            MessageCount = row.GetInt64(from + 2),
            CreatedAt = row.GetFieldValue<DateTimeOffset>(from + 3),
            LastMessageAt = row.GetFieldValue<DateTimeOffset>(from + 4),
            LastActivityAt = row.IsDBNull(from + 5) ? null : row.GetFieldValue<DateTimeOffset>(from + 5),
            AverageEmotionScore = row.IsDBNull(from + 6) ? null : row.GetDouble(from + 6),
            EmotionTrend = EmotionTrends.Of(scores),
            Channels = row.GetFieldValue<string[]>(from + 8),
            EscalatedAt = row.IsDBNull(from + 9) ? null : row.GetFieldValue<DateTimeOffset>(from + 9),
            EscalationReason = row.TextOrNull(from + 10),
            ClosedAt = row.IsDBNull(from + 11) ? null : row.GetFieldValue<DateTimeOffset>(from + 11),
            CloseReason = row.TextOrNull(from + 12),
            Context = row.TextOrNull(from + 13) is { } context ? Json.Element(context) : null,
            ReopenReason = row.TextOrNull(from + 14),
        };
    }

    public void Configure(EntityTypeBuilder<ConversationRow> table)
    {
        // Every message updates the row: room on its page and no index on what changes keep these updates HOT.
        table
            .ToTable("conversations")
            .HasStorageParameter("fillfactor", 70)
            .HasStorageParameter("autovacuum_vacuum_scale_factor", 0.05);
        table.HasKey(c => c.Id).HasName("pk_conversations");
        table.Property(c => c.Id).HasColumnType("text").UseCollation("C");
        table.Property(c => c.UserId).UseCollation("C");
        table.Property(c => c.Context).HasColumnType("jsonb");
        table
            .Property(c => c.LastMessageHour)
            .HasComputedColumnSql(
                "date_bin('1 hour', last_message_at, timestamptz '0001-01-01 00:00:00+00')",
                stored: true
            );

        // ListConversations of a user, GetUserMessages, GetMoods of a customer.
        table.HasIndex(c => new { c.UserId, c.Id }).HasDatabaseName("ix_conversations_user");

        // ListConversations of all customers, newest message first: hours come from the index, an hour's conversations are sorted. An index
        // on last_message_at itself would spare that sort and make every message write every index of this table.
        table.HasIndex(c => c.LastMessageHour, "ix_conversations_list");

        // ListConversations that a human has taken over: few among many.
        table
            .HasIndex(c => c.LastMessageHour, "ix_conversations_list_escalated")
            .HasFilter("escalated_at IS NOT NULL");

        // ListMoodDrops. Changes only when the mood crosses the line.
        table
            .HasIndex(c => new { c.DroppedAt, c.Id })
            .HasDatabaseName("ix_conversations_mood_drops")
            .HasFilter("dropped_at IS NOT NULL");

        // ListSilentCustomers.
        table
            .Property(c => c.LastActivityDay)
            .HasComputedColumnSql(
                "date_bin('1 day', last_activity_at, timestamptz '0001-01-01 00:00:00+00')",
                stored: true
            );
        table
            .HasIndex(c => new { c.LastActivityDay, c.Id })
            .HasDatabaseName("ix_conversations_silent_customers")
            .HasFilter("user_id IS NOT NULL AND last_activity_day IS NOT NULL");
    }
}
