using System.Globalization;
using System.Text.Json;
using FollowUps.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql;

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
    public int? CapMax { get; init; }
    public TimeSpan? CapPer { get; init; }
}

internal sealed class RecipientTable : IEntityTypeConfiguration<RecipientRow>
{
    public const string Columns =
        "r.user_id, r.time_zone, r.locale, r.addresses, r.opt_out, r.quiet_from, r.quiet_to, r.cap_max, r.cap_per";

    public static Recipient Read(NpgsqlDataReader row)
    {
        string Clock(int at) => row.GetFieldValue<TimeOnly>(at).ToString("HH:mm", CultureInfo.InvariantCulture);

        return new Recipient
        {
            UserId = row.GetString(0),
            TimeZone = row.IsDBNull(1) ? Recipient.DefaultTimeZone : row.GetString(1),
            Locale = row.IsDBNull(2) ? Recipient.DefaultLocale : row.GetString(2),
            Addresses = row.IsDBNull(3)
                ? new()
                : JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(3))!,
            OptOut = row.GetFieldValue<string[]>(4),
            QuietHours = row.IsDBNull(5) ? null : new QuietHours(Clock(5), Clock(6)),
            FrequencyCap = row.IsDBNull(7) ? null : new FrequencyCap(row.GetInt32(7), row.GetFieldValue<TimeSpan>(8)),
        };
    }

    public void Configure(EntityTypeBuilder<RecipientRow> table)
    {
        table.ToTable("recipients");
        table.HasKey(r => r.UserId).HasName("pk_recipients");
        table.Property(r => r.UserId).UseCollation("C");
        table.Property(r => r.Addresses).HasColumnType("jsonb");
        table.Property(r => r.OptOut).HasDefaultValueSql("'{}'");

        // DispatchDueFollowUps: whether anybody has a cap.
        table.HasIndex(r => r.CapMax, "ix_recipients_capped").HasFilter("cap_max IS NOT NULL");
    }
}
