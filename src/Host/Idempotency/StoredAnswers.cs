using Host.Access;
using Npgsql;
using NpgsqlTypes;

namespace Host.Idempotency;

// What a request with an Idempotency-Key was answered, for a day. The key is kept as a hash and the answer sealed with the key itself: the
// table alone tells nobody what a customer said. Whom it is about is kept as hashes, for an erasure to find.
internal sealed class StoredAnswers([FromKeyedServices(AccessSetup.Schema)] NpgsqlDataSource database)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    // Longer than a request may take: whoever began it is gone.
    private static readonly TimeSpan Abandoned = TimeSpan.FromMinutes(10);

    // Null when the key is taken now, and the caller may go on; else what is stored, its answer null while another request is at it.
    public async Task<StoredAnswer?> TakeAsync(
        byte[] key,
        byte[] request,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.CreateCommand(TakeSql);
        command.Parameters.Add(new() { Value = key });
        command.Parameters.Add(new() { Value = request });
        command.Parameters.Add(new() { Value = now.UtcDateTime });
        command.Parameters.Add(new() { Value = (now - Lifetime).UtcDateTime });
        command.Parameters.Add(new() { Value = (now - Abandoned).UtcDateTime });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return row.GetBoolean(0)
            ? null
            : new(row.GetFieldValue<byte[]>(1), row.IsDBNull(2) ? null : row.GetFieldValue<byte[]>(2));
    }

    public async Task KeepAsync(
        byte[] key,
        byte[] answer,
        IEnumerable<string> about,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.CreateCommand(KeepSql);
        command.Parameters.Add(new() { Value = key });
        command.Parameters.Add(new() { Value = answer, NpgsqlDbType = NpgsqlDbType.Bytea });
        command.Parameters.Add(Hashes(about));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // What was answered about those who are erased goes with them, and what is being answered right now is not kept if it is about them.
    public async Task ForgetAsync(IReadOnlyCollection<string> about, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        foreach (var sql in (string[])[MarkSql, ForgetSql])
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { Hashes(about) } });
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task GiveBackAsync(byte[] key, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("DELETE FROM access.answers WHERE key = $1");
        command.Parameters.Add(new() { Value = key });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public const string TableSql = """
        CREATE TABLE IF NOT EXISTS access.answers (
            key bytea PRIMARY KEY,
            request bytea NOT NULL,
            taken_at timestamptz NOT NULL,
            answer bytea
        )
        """;

    public const string AboutSql = "ALTER TABLE access.answers ADD COLUMN IF NOT EXISTS about bytea[]";

    public const string IndexSql = "CREATE INDEX IF NOT EXISTS ix_answers_expired ON access.answers (taken_at)";

    private static NpgsqlParameter Hashes(IEnumerable<string> ids) =>
        new()
        {
            Value = ids.Select(Mentioned.HashOf).ToArray(),
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea,
        };

    // Of an answer that is still being made, about says who was erased meanwhile.
    private const string MarkSql = "UPDATE access.answers SET about = coalesce(about, '{}') || $1 WHERE answer IS NULL";

    // A statement of its own: it sees what was kept while the one before waited for it.
    private const string ForgetSql = "DELETE FROM access.answers WHERE answer IS NOT NULL AND about && $1";

    private const string KeepSql = """
        WITH kept AS (
            UPDATE access.answers SET answer = $2, about = $3
            WHERE key = $1 AND NOT coalesce(about, '{}') && $3
            RETURNING key
        )
        DELETE FROM access.answers WHERE key = $1 AND NOT EXISTS (SELECT FROM kept)
        """;

    // The row that a conflict did not change is not in RETURNING: it is read beside. A few expired rows go with each call.
    private const string TakeSql = """
        WITH gone AS (
            DELETE FROM access.answers WHERE key IN (
                SELECT key FROM access.answers WHERE taken_at < $4 AND key <> $1 ORDER BY taken_at LIMIT 20
                FOR UPDATE SKIP LOCKED
            )
        ), taken AS (
            INSERT INTO access.answers AS a (key, request, taken_at) VALUES ($1, $2, $3)
            ON CONFLICT (key) DO UPDATE SET request = excluded.request, taken_at = excluded.taken_at, answer = NULL, about = NULL
            WHERE a.taken_at < $4 OR (a.answer IS NULL AND a.taken_at < $5)
            RETURNING true
        )
        SELECT true, NULL::bytea, NULL::bytea FROM taken
        UNION ALL
        SELECT false, coalesce(request, $2), answer
        FROM (VALUES (1)) AS one LEFT JOIN access.answers ON key = $1
        WHERE NOT EXISTS (SELECT FROM taken)
        """;
}

internal sealed record StoredAnswer(byte[] Request, byte[]? Answer);
