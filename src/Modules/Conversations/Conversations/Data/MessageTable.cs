using Conversations.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Conversations.Data;

internal sealed class MessageRow
{
    public required string ConversationId { get; init; }
    public required Guid Id { get; init; }
    public DateTimeOffset SentAt { get; init; }
    public double? Score { get; init; }
    public int TokenCount { get; init; }
    public int? InputTokens { get; init; }
    public int? OutputTokens { get; init; }
    public MessageRole Role { get; init; }

    // Set once a score came after the message: from then on the message's first emotion is no part of its identity.
    public bool Rescored { get; init; }
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
    public void Configure(EntityTypeBuilder<MessageRow> table)
    {
        table.ToTable("messages");

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

        // GetMessages, in both directions.
        table.HasIndex(m => new { m.ConversationId, m.SentAt, m.Id }).HasDatabaseName("ix_messages_history");

        // GetEmotionHistory reads nothing but this index.
        table
            .HasIndex(m => new { m.ConversationId, m.SentAt, m.Id })
            .HasDatabaseName("ix_messages_emotion_history")
            .HasFilter("score IS NOT NULL")
            .IncludeProperties(m => new { m.Score, m.Label });
    }
}
