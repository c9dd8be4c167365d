using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FollowUps.Data;

// The secret behind the links that unsubscribe, made by the migration and shared by all Hosts.
internal sealed class UnsubscribeKeyRow
{
    public bool Id { get; init; }
    public required byte[] Secret { get; init; }
}

internal sealed class UnsubscribeKeyTable : IEntityTypeConfiguration<UnsubscribeKeyRow>
{
    public void Configure(EntityTypeBuilder<UnsubscribeKeyRow> table)
    {
        table.ToTable("unsubscribe_key", t => t.HasCheckConstraint("ck_unsubscribe_key_one_row", "id"));
        table.HasKey(k => k.Id).HasName("pk_unsubscribe_key");
    }
}
