using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FollowUps.Data;

// One row for every customer ever scheduled for: its lock is what makes the duplicate check exact.
internal sealed class RecipientRow
{
    public required string UserId { get; init; }
    public string? TimeZone { get; init; }
    public string? Locale { get; init; }
    public string? Addresses { get; init; }
    public required string[] OptOut { get; init; }
    public TimeOnly? QuietFrom { get; init; }
    public TimeOnly? QuietTo { get; init; }
}

internal sealed class RecipientTable : IEntityTypeConfiguration<RecipientRow>
{
    public void Configure(EntityTypeBuilder<RecipientRow> table)
    {
        table.ToTable("recipients");
        table.HasKey(r => r.UserId).HasName("pk_recipients");
        table.Property(r => r.UserId).UseCollation("C");
        table.Property(r => r.Addresses).HasColumnType("jsonb");
        table.Property(r => r.OptOut).HasDefaultValueSql("'{}'");
    }
}
