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
    // Follows from what can be read: whatever changes a row changes it, and a customer without one has that of the defaults.
    public const string Tag = """
        left(encode(sha256(convert_to(ROW(
            coalesce(r.time_zone, 'UTC'), coalesce(r.locale, 'en'), coalesce(r.addresses, '{}'), coalesce(r.opt_out, '{}'),
            r.quiet_from, r.quiet_to, r.cap_max, r.cap_per
        )::text, 'UTF8')), 'hex'), 32)
        """;

    public const string Columns =
        $"r.time_zone, r.locale, r.addresses, r.opt_out, r.quiet_from, r.quiet_to, r.cap_max, r.cap_per, {Tag}";

    // $1: the customer; $2: the tombstone's key. The row is empty for one never put, and none for one erased.
    public const string Known = """
        (SELECT WHERE NOT EXISTS (SELECT FROM followups.erased e WHERE e.key = $2)) known
        LEFT JOIN followups.recipients r ON r.user_id = $1
        """;

    public const string ReadSql = $"SELECT {Columns} FROM {Known}";

    public static Recipient Read(NpgsqlDataReader row, string userId)
    {
        string Clock(int at) => row.GetFieldValue<TimeOnly>(at).ToString("HH:mm", CultureInfo.InvariantCulture);

        return new Recipient
        {
            UserId = userId,
            TimeZone = row.IsDBNull(0) ? Recipient.DefaultTimeZone : row.GetString(0),
            Locale = row.IsDBNull(1) ? Recipient.DefaultLocale : row.GetString(1),
            Addresses = row.IsDBNull(2)
                ? new()
                : JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(2))!,
            OptOut = row.IsDBNull(3) ? [] : row.GetFieldValue<string[]>(3),
            QuietHours = row.IsDBNull(4) ? null : new QuietHours(Clock(4), Clock(5)),
            FrequencyCap = row.IsDBNull(6) ? null : new FrequencyCap(row.GetInt32(6), row.GetFieldValue<TimeSpan>(7)),
            Tag = row.GetString(8),
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
