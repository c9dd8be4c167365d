using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FollowUps.Data;

internal sealed class OutboxRow
{
    public Guid FollowUpId { get; init; }
    public DateTimeOffset SentAt { get; init; }
    public int Attempt { get; init; }
    public required string UserId { get; init; }
    public string? Address { get; init; }
    public string? Subject { get; init; }
    public required string Body { get; init; }
}

internal sealed class OutboxTable : IEntityTypeConfiguration<OutboxRow>
{
    public void Configure(EntityTypeBuilder<OutboxRow> table)
    {
        table.ToTable("outbox");

        // The follow-up's id is the idempotency key of its delivery: a second one is dropped here.
        table.HasKey(o => o.FollowUpId).HasName("pk_outbox");
        table.Property(o => o.UserId).UseCollation("C");

        // ListOutbox of all and of a customer.
        table.HasIndex(o => new { o.SentAt, o.FollowUpId }, "ix_outbox_list");
        table.HasIndex(
            o => new
            {
                o.UserId,
                o.SentAt,
                o.FollowUpId,
            },
            "ix_outbox_user"
        );
    }
}
