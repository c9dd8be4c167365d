using FollowUps.Contracts;
using FollowUps.Wording;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Data;

// Every text ever put: the one in force has not ended.
internal sealed class TemplateRow
{
    public required string Id { get; init; }

    // Empty: for all.
    public required string Locale { get; init; }
    public required string Channel { get; init; }
    public int Version { get; init; }
    public string? Subject { get; init; }
    public required string Body { get; init; }
    public required string[] Variables { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
}

internal sealed class TemplateTable : IEntityTypeConfiguration<TemplateRow>
{
    public const string Columns = "t.id, t.locale, t.channel, t.version, t.subject, t.body, t.variables, t.updated_at";

    public const string InForce =
        $"SELECT {Columns} FROM followups.templates t WHERE t.ended_at IS NULL AND t.id = ANY ($1)";

    // Raised by a change that stands.
    public const string Raise = "UPDATE followups.template_revision SET revision = revision + 1";

    // Whoever changes a text holds the revision: changes come one after another.
    private const string HoldRevision = "SELECT FROM followups.template_revision FOR UPDATE";

    // $1 to $3: the key; $4: the locales that fit, nearest first; $5: the tags of which one must match, or null; $6: the built-in text's tag;
    // $7, for what follows: now. Answers whether one matches, and the key's own text.
    public const string Judged = """
        nearest AS (
            SELECT t.locale || '/' || t.channel || '/' || t.version AS tag
            FROM followups.templates t
            WHERE t.id = $1 AND t.locale = ANY ($4) AND t.channel IN ($3, '') AND t.ended_at IS NULL
            ORDER BY array_position($4, t.locale), t.channel = ''
            LIMIT 1
        ), matching AS MATERIALIZED (
            SELECT $5 IS NULL OR coalesce((SELECT tag FROM nearest), $6) = ANY ($5) AS matched,
                   (SELECT t.version FROM followups.templates t
                    WHERE t.id = $1 AND t.locale = $2 AND t.channel = $3 AND t.ended_at IS NULL) AS own
        )
        """;

    public static NpgsqlParameter Ids(params string[] ids) => Data.Columns.Of(ids, NpgsqlDbType.Text);

    public static void AddKey(
        NpgsqlParameterCollection parameters,
        TemplateKey key,
        IReadOnlyList<string>? ifMatch,
        DateTimeOffset now
    )
    {
        parameters.Add(new() { Value = key.Id });
        parameters.Add(new() { Value = key.Locale ?? "" });
        parameters.Add(new() { Value = key.Channel ?? "" });
        parameters.Add(
            Data.Columns.Of(TemplateBook.Fallbacks(key.Locale).Select(locale => locale ?? ""), NpgsqlDbType.Text)
        );
        parameters.Add(
            new()
            {
                Value = (object?)ifMatch?.ToArray() ?? DBNull.Value,
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
            }
        );
        parameters.Add(new() { Value = TemplateBook.FindBuiltIn(key).Tag });
        parameters.Add(new() { Value = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
    }

    // The write answers with an outcome; what is in force after it is read beside it.
    public static async Task<TemplateWrite> ChangeAsync(
        NpgsqlDataSource database,
        TemplateKey key,
        NpgsqlBatchCommand write,
        CancellationToken cancellationToken
    )
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(HoldRevision));
        batch.BatchCommands.Add(write);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(InForce) { Parameters = { Ids(key.Id) } });
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        await row.NextResultAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var outcome = (TemplateWriteOutcome)row.GetInt32(0);
        await row.NextResultAsync(cancellationToken);
        var book = await TemplateBook.ReadAsync(row, cancellationToken);
        return new TemplateWrite(outcome, book.Find(key).ToContract());
    }

    public void Configure(EntityTypeBuilder<TemplateRow> table)
    {
        table.ToTable("templates");
        table
            .HasKey(t => new
            {
                t.Id,
                t.Locale,
                t.Channel,
                t.Version,
            })
            .HasName("pk_templates");
        table.Property(t => t.Id).UseCollation("C");
        table.Property(t => t.Locale).UseCollation("C");
        table.Property(t => t.Channel).UseCollation("C");

        // DispatchDueFollowUps, ListTemplates, GetTemplate: the texts in force, and one of each kind.
        table
            .HasIndex(
                t => new
                {
                    t.Id,
                    t.Locale,
                    t.Channel,
                },
                "ix_templates_in_force"
            )
            .IsUnique()
            .HasFilter("ended_at IS NULL");
    }
}

// One row, raised by every change of a text: whoever changes one holds it, and whoever reads it knows whether what it has is still in force.
internal sealed class TemplateRevisionRow
{
    public int Id { get; init; }
    public long Revision { get; init; }
}

internal sealed class TemplateRevisionTable : IEntityTypeConfiguration<TemplateRevisionRow>
{
    public void Configure(EntityTypeBuilder<TemplateRevisionRow> table)
    {
        table.ToTable("template_revision");
        table.HasKey(r => r.Id).HasName("pk_template_revision");
        table.Property(r => r.Id).ValueGeneratedNever();
        table.HasData(new TemplateRevisionRow { Id = 1, Revision = 0 });
    }
}
