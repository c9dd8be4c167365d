using FollowUps.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FollowUps.Data;

// What was asked for and not scheduled. A row counts how often the same was refused for the same reason: repetition does not make it grow.
internal sealed class RefusalRow
{
    // In the place of a follow-up's id where there is none.
    public static readonly Guid None = Guid.Empty;

    public required string UserId { get; init; }
    public FollowUpTrigger Trigger { get; init; }
    public required string Reason { get; init; }

    // Of a duplicate: what was there already.
    public Guid FollowUpId { get; init; }
    public int Times { get; init; }
    public DateTimeOffset FirstAt { get; init; }
    public DateTimeOffset LastAt { get; init; }

    // What the last one asked for.
    public required string Inputs { get; init; }
}

internal sealed class RefusalTable : IEntityTypeConfiguration<RefusalRow>
{
    public const string Duplicate = "duplicate";

    public void Configure(EntityTypeBuilder<RefusalRow> table)
    {
        table.ToTable("refusals");
        table.HasStorageParameter("fillfactor", 70);

        // ScheduleFollowUps counts here; ListRefusals reads a customer's, GetFollowUp those of one follow-up.
        table
            .HasKey(r => new
            {
                r.UserId,
                r.Trigger,
                r.Reason,
                r.FollowUpId,
            })
            .HasName("pk_refusals");
        table.Property(r => r.UserId).UseCollation("C");
        table.Property(r => r.Reason).UseCollation("C");
        table.Property(r => r.Trigger).HasConversion<short>();
        table.Property(r => r.Inputs).HasColumnType("jsonb");
    }
}
