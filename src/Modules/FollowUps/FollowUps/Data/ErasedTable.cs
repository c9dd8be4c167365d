using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FollowUps.Data;

// Who was erased, by keyed hash alone: enough to refuse whoever schedules for them, not enough to tell who it was.
internal sealed class ErasedRow
{
    public required byte[] Key { get; init; }
    public DateTimeOffset ErasedAt { get; init; }
}

internal sealed class ErasureKeyRow
{
    public bool Id { get; init; }
    public required byte[] Secret { get; init; }
}

internal sealed class ErasedTable : IEntityTypeConfiguration<ErasedRow>, IEntityTypeConfiguration<ErasureKeyRow>
{
    public void Configure(EntityTypeBuilder<ErasedRow> table)
    {
        table.ToTable("erased");

        // ScheduleFollowUps, ConfirmBooking, PutRecipient and GetRecipient look here once for every customer.
        table.HasKey(e => e.Key).HasName("pk_erased");
    }

    public void Configure(EntityTypeBuilder<ErasureKeyRow> table)
    {
        table.ToTable("erasure_key", t => t.HasCheckConstraint("ck_erasure_key_one_row", "id"));
        table.HasKey(e => e.Id).HasName("pk_erasure_key");
    }
}
