using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Conversations.Data;

// Who was erased, by keyed hash alone: enough to refuse a replayed message, not enough to tell who it was.
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

        // StoreMessages looks here once for every customer and conversation it meets.
        table.HasKey(e => e.Key).HasName("pk_erased");
    }

    public void Configure(EntityTypeBuilder<ErasureKeyRow> table)
    {
        table.ToTable("erasure_key", t => t.HasCheckConstraint("ck_erasure_key_one_row", "id"));
        table.HasKey(e => e.Id).HasName("pk_erasure_key");
    }
}
