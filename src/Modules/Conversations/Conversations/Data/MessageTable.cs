using System.Text.Json;
using Conversations.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql;

namespace Conversations.Data;

internal sealed class MessageRow
{
    public Guid Id { get; init; }
    public DateTimeOffset SentAt { get; init; }
    public double? Score { get; init; }
    public int TokenCount { get; init; }
    public int? InputTokens { get; init; }
    public int? OutputTokens { get; init; }
    public MessageRole Role { get; init; }

    // Set once a score came after the message: from then on the message's first emotion is no part of its identity.
    public bool Rescored { get; init; }
    public required string ConversationId { get; init; }
    public string? UserId { get; init; }
    public required string Channel { get; init; }
    public required string Content { get; init; }
    public string? Label { get; init; }
    public string? Detected { get; init; }
    public string? Metadata { get; init; }
    public string? ToolCalls { get; init; }
    public string? ToolResults { get; init; }
}

internal sealed class MessageTable : IEntityTypeConfiguration<MessageRow>
{
    public const int ColumnCount = 16;

    public const string Columns = """
        m.conversation_id, m.id, m.user_id, m.role, m.content, m.channel, m.sent_at, m.score, m.label, m.detected, m.metadata,
        m.input_tokens, m.output_tokens, m.token_count, m.tool_calls, m.tool_results
        """;

    public const string Hour = "date_bin('1 hour', m.sent_at, timestamptz '0001-01-01 00:00:00+00')";

    public static Message Read(NpgsqlDataReader row, int from = 0) =>
        Answer(
            new MessageRow
            {
                ConversationId = row.GetString(from),
                Id = row.GetGuid(from + 1),
                Role = (MessageRole)row.GetInt16(from + 3),
                Content = row.GetString(from + 4),
                Channel = row.GetString(from + 5),
                SentAt = row.GetFieldValue<DateTimeOffset>(from + 6),
                Score = row.GetFieldValue<double?>(from + 7),
                Label = row.TextOrNull(from + 8),
                Detected = row.TextOrNull(from + 9),
                Metadata = row.TextOrNull(from + 10),
                InputTokens = row.GetFieldValue<int?>(from + 11),
                OutputTokens = row.GetFieldValue<int?>(from + 12),
                TokenCount = row.GetInt32(from + 13),
                ToolCalls = row.TextOrNull(from + 14),
                ToolResults = row.TextOrNull(from + 15),
            },
            row.TextOrNull(from + 2)
        );

    public static Message Answer(MessageRow m, string? owner) =>
        new()
        {
            ConversationId = m.ConversationId,
            Id = m.Id,
            UserId = owner,
            Role = m.Role,
            Content = m.Content,
            Channel = m.Channel,
            SentAt = m.SentAt,
            Emotion =
                m.Score is null && m.Label is null && m.Detected is null
                    ? null
                    : new(
                        m.Score,
                        m.Label,
                        m.Detected is null ? null : JsonSerializer.Deserialize<string[]>(m.Detected)
                    ),
            Metadata = m.Metadata is null ? null : Json.Element(m.Metadata),
            Usage = m.InputTokens is null && m.OutputTokens is null ? null : new(m.InputTokens, m.OutputTokens),
            TokenCount = m.TokenCount,
            ToolCalls = m.ToolCalls is null ? null : Json.Element(m.ToolCalls),
            ToolResults = m.ToolResults is null ? null : Json.Element(m.ToolResults),
        };

    public void Configure(EntityTypeBuilder<MessageRow> table)
    {
        // Scans of an index alone need pages that vacuum has seen, and this table grows without updates that would call for it.
        table
            .ToTable("messages")
            .HasStorageParameter("autovacuum_vacuum_insert_scale_factor", 0.02)
            .HasStorageParameter("autovacuum_analyze_scale_factor", 0.02);

        // StoreMessages: a message is stored once in its conversation.
        table.HasKey(m => new { m.ConversationId, m.Id }).HasName("pk_messages");
        table.Property(m => m.ConversationId).UseCollation("C");
        table.Property(m => m.UserId).UseCollation("C");
        table.Property(m => m.Role).HasConversion<short>();
        table.Property(m => m.Rescored).HasDefaultValue(false);
        table.Property(m => m.Detected).HasColumnType("jsonb");
        table.Property(m => m.Metadata).HasColumnType("jsonb");
        table.Property(m => m.ToolCalls).HasColumnType("jsonb");
        table.Property(m => m.ToolResults).HasColumnType("jsonb");

        // GetMessages in both directions, GetUserMessages and GetContextWindow.
        table.HasIndex(
            m => new
            {
                m.ConversationId,
                m.SentAt,
                m.Id,
            },
            "ix_messages_history"
        );

        // GetEmotionHistory reads nothing but this index.
        table
            .HasIndex(
                m => new
                {
                    m.ConversationId,
                    m.SentAt,
                    m.Id,
                },
                "ix_messages_emotion_history"
            )
            .HasFilter("score IS NOT NULL")
            .IncludeProperties(m => new { m.Score, m.Label });

        // GetContextWindow that keeps system messages: they lie far back and are few.
        table
            .HasIndex(
                m => new
                {
                    m.ConversationId,
                    m.SentAt,
                    m.Id,
                },
                "ix_messages_context_window"
            )
            .HasFilter("role = 2");

        // Indexes on expressions, which only their migration can name:
        // ix_messages_search on SearchMessages.Words;
        // ix_messages_hour on Hour, for GetConversationStatistics, DeleteExpiredMessages and SearchMessages of a word that many messages hold. One on sent_at
        // itself would tempt the planner to look for a long conversation's newest messages among everybody's.
    }
}
