using Host.Access;
using Npgsql;
using NpgsqlTypes;

namespace Host.Scheduling;

// Where several Hosts agree who runs a work. Whoever takes a firing holds an advisory lock while it runs: the lock keeps the next firing
// from overlapping, on any Host, and dies with the connection: a firing that is not done and not locked was left by a Host that died.
// It is a transaction's lock, and the transaction does nothing else: a session's would not get through PgBouncer in transaction mode.
internal sealed class Firings([FromKeyedServices(AccessSetup.Schema)] NpgsqlDataSource database)
{
    // Null when another Host has taken this firing or an earlier one still runs.
    public async Task<Firing?> ClaimAsync(string work, DateTimeOffset dueAt, CancellationToken cancellationToken)
    {
        var connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            await connection.BeginTransactionAsync(cancellationToken);
            await using var alone = new NpgsqlCommand(LockSql, connection);
            alone.Parameters.Add(new() { Value = work });
            if (await alone.ExecuteScalarAsync(cancellationToken) is true)
            {
                await using var claim = Firing.Command(database, ClaimSql, work, dueAt);
                if (await claim.ExecuteScalarAsync(cancellationToken) is not null)
                {
                    return new Firing(connection, database, work, dueAt);
                }
            }
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        await connection.DisposeAsync();
        return null;
    }

    // Those that run right now among them: claiming tells.
    public async Task<IReadOnlyList<(string Work, DateTimeOffset DueAt)>> UnfinishedAsync(
        CancellationToken cancellationToken
    )
    {
        await using var look = database.CreateCommand(
            "SELECT work, due_at FROM scheduler.firings WHERE done_at IS NULL"
        );
        await using var row = await look.ExecuteReaderAsync(cancellationToken);
        var unfinished = new List<(string, DateTimeOffset)>();
        while (await row.ReadAsync(cancellationToken))
        {
            unfinished.Add((row.GetString(0), row.GetFieldValue<DateTimeOffset>(1)));
        }

        return unfinished;
    }

    public static async Task MigrateAsync(NpgsqlDataSource owner, CancellationToken cancellationToken)
    {
        await using var create = owner.CreateBatch();
        foreach (var sql in (string[])[OneAtATimeSql, SchemaSql, TableSql, DoneSql])
        {
            create.BatchCommands.Add(new NpgsqlBatchCommand(sql));
        }

        await create.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<bool> IsMigratedAsync(CancellationToken cancellationToken)
    {
        await using var look = database.CreateCommand(
            "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('scheduler.firings') AND attname = 'done_at')"
        );
        return (bool)(await look.ExecuteScalarAsync(cancellationToken))!;
    }

    // A work may run for longer than a server lets transactions idle; the second of the settings came with PostgreSQL 17.
    private const string LockSql = """
        SELECT pg_try_advisory_xact_lock(hashtextextended('scheduler.firings ' || $1, 0)), count(set_config(name, '0', true))
        FROM pg_settings WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')
        """;

    private const string ClaimSql = """
        INSERT INTO scheduler.firings AS f (work, due_at, done_at) VALUES ($1, $2, NULL)
        ON CONFLICT (work) DO UPDATE SET due_at = excluded.due_at, done_at = NULL
        WHERE f.due_at < excluded.due_at OR (f.due_at = excluded.due_at AND f.done_at IS NULL)
        RETURNING work
        """;

    // CREATE ... IF NOT EXISTS of two Hosts at once can still fail.
    private const string OneAtATimeSql = "SELECT pg_advisory_xact_lock(hashtextextended('scheduler.firings', 0))";

    private const string SchemaSql = "CREATE SCHEMA IF NOT EXISTS scheduler";

    // One row a work: the newest firing that was taken.
    private const string TableSql = """
        CREATE TABLE IF NOT EXISTS scheduler.firings (work text COLLATE "C" PRIMARY KEY, due_at timestamptz NOT NULL)
        """;

    // What was taken before this column was there counts as done.
    private const string DoneSql = """
        ALTER TABLE scheduler.firings ADD COLUMN IF NOT EXISTS done_at timestamptz DEFAULT now()
        """;
}

// A firing that this Host runs alone, until the lock's transaction ends.
internal sealed class Firing(NpgsqlConnection alone, NpgsqlDataSource database, string work, DateTimeOffset dueAt)
    : IAsyncDisposable
{
    public async Task DoneAsync(CancellationToken cancellationToken)
    {
        await using var done = Command(
            database,
            "UPDATE scheduler.firings SET done_at = now() WHERE work = $1 AND due_at = $2",
            work,
            dueAt
        );
        await done.ExecuteNonQueryAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => alone.DisposeAsync();

    public static NpgsqlCommand Command(NpgsqlDataSource database, string sql, string work, DateTimeOffset dueAt)
    {
        var command = database.CreateCommand(sql);
        command.Parameters.Add(new() { Value = work });
        command.Parameters.Add(new() { Value = dueAt.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        return command;
    }
}
