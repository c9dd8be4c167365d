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
    // A customer's first conversation has no row yet that could be locked. So who writes for a customer shares a lock with the other
    // writers, and who erases holds it alone: the later of the two sees what the earlier one did. Customers share few locks, so that a
    // large batch does not need many.
    public const string LockForWriting =
        "SELECT count(pg_advisory_xact_lock_shared(1129270870, stripe)) FROM unnest($19) AS stripe";

    public const string LockForErasing = "SELECT pg_advisory_xact_lock(1129270870, $1)";

    private const int Stripes = 64;

    public static int Stripe(byte[] key) => key[0] % Stripes;

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
