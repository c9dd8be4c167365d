using FollowUps.Data;
using Npgsql;

namespace FollowUps.Wording;

// The texts that the dispatcher words with. Every claim asks in its own crossing whether they changed, and reads them only then: a batch claimed
// after a change was committed is worded with it, on every Host.
internal sealed class NewestTemplates
{
    private readonly Lock gate = new();

    public TemplateBook Book { get; private set; } = TemplateBook.WithoutOverrides;

    public NpgsqlBatchCommand ReadChanged() =>
        new(ChangedSql) { Parameters = { new NpgsqlParameter<long> { TypedValue = Book.Revision } } };

    public async Task KeepAsync(NpgsqlDataReader row, CancellationToken cancellationToken)
    {
        var texts = new List<TemplateText>();
        long? revision = null;
        while (await row.ReadAsync(cancellationToken))
        {
            revision = row.GetInt64(0);
            if (!row.IsDBNull(1))
            {
                texts.Add(TemplateText.Read(row, 1));
            }
        }

        lock (gate)
        {
            // Claims run beside one another: an older answer may come later.
            if (revision > Book.Revision)
            {
                Book = Book.With(texts, revision.Value);
            }
        }
    }

    public const string ChangedSql = $"""
        SELECT r.revision, {TemplateTable.Columns}
        FROM followups.template_revision r
        LEFT JOIN followups.templates t ON t.ended_at IS NULL
        WHERE r.revision <> $1
        """;
}
