using Host.Idempotency;
using Npgsql;
using NpgsqlTypes;

namespace Host.Access;

// The keys of machines, in a table of the Host's own.
internal sealed class ApiKeys([FromKeyedServices(AccessSetup.Schema)] NpgsqlDataSource database)
{
    public async Task AddAsync(ApiKey key, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "INSERT INTO access.api_keys (id, name, hash, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)"
        );
        command.Parameters.Add(new() { Value = key.Id });
        command.Parameters.Add(new() { Value = key.Name });
        command.Parameters.Add(new() { Value = key.Hash });
        command.Parameters.Add(new() { Value = key.Scopes });
        command.Parameters.Add(new() { Value = key.CreatedAt });
        command.Parameters.Add(
            new() { Value = key.ExpiresAt ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz }
        );
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<ApiKey>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT id, name, hash, scopes, created_at, expires_at, revoked_at FROM access.api_keys ORDER BY created_at, id"
        );
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new List<ApiKey>();
        while (await rows.ReadAsync(cancellationToken))
        {
            keys.Add(
                new(
                    rows.GetString(0),
                    rows.GetString(1),
                    rows.GetFieldValue<byte[]>(2),
                    rows.GetFieldValue<string[]>(3),
                    rows.GetDateTime(4),
                    rows.IsDBNull(5) ? null : rows.GetDateTime(5),
                    rows.IsDBNull(6) ? null : rows.GetDateTime(6)
                )
            );
        }

        return keys;
    }

    // False when there is no such key. Again: the first time stays.
    public async Task<bool> RevokeAsync(string id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "UPDATE access.api_keys SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1"
        );
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = now.UtcDateTime });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    public static async Task MigrateAsync(NpgsqlDataSource owner, CancellationToken cancellationToken)
    {
        await using var create = owner.CreateBatch();
        foreach (
            var sql in (string[])
                [
                    OneAtATimeSql,
                    SchemaSql,
                    TableSql,
                    StoredAnswers.TableSql,
                    StoredAnswers.AboutSql,
                    StoredAnswers.IndexSql,
                ]
        )
        {
            create.BatchCommands.Add(new NpgsqlBatchCommand(sql));
        }

        await create.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<bool> IsMigratedAsync(CancellationToken cancellationToken)
    {
        await using var look = database.CreateCommand(
            "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('access.answers') AND attname = 'about')"
        );
        return (bool)(await look.ExecuteScalarAsync(cancellationToken))!;
    }

    // CREATE ... IF NOT EXISTS of two Hosts at once can still fail.
    private const string OneAtATimeSql = "SELECT pg_advisory_xact_lock(hashtextextended('access.api_keys', 0))";

    private const string SchemaSql = "CREATE SCHEMA IF NOT EXISTS access";

    private const string TableSql = """
        CREATE TABLE IF NOT EXISTS access.api_keys (
            id text COLLATE "C" PRIMARY KEY,
            name text NOT NULL,
            hash bytea NOT NULL,
            scopes text[] NOT NULL,
            created_at timestamptz NOT NULL,
            expires_at timestamptz,
            revoked_at timestamptz
        )
        """;
}
