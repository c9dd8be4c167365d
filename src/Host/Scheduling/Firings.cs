using Host.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Host.Scheduling;

// Where several Hosts agree who runs a work. Whoever takes a firing holds an advisory lock while it runs: the lock keeps the next firing
// from overlapping, on any Host, and dies with the connection: a firing that is not done and not locked was left by a Host that died.
internal sealed class Firings(IConfiguration configuration)
{
    // Unpooled: the lock must not outlive whoever took it.
    private readonly string database = new NpgsqlConnectionStringBuilder(
        configuration.GetConnectionString(Accounts.Host)
    )
    {
        Pooling = false,
    }.ConnectionString;

    // Null when another Host has taken this firing or an earlier one still runs.
    public async Task<Firing?> ClaimAsync(string work, DateTimeOffset dueAt, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(database);
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var claim = new NpgsqlCommand(ClaimSql, connection);
            claim.Parameters.Add(new() { Value = work });
            claim.Parameters.Add(new() { Value = dueAt.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            if (await claim.ExecuteScalarAsync(cancellationToken) is not null)
            {
                return new Firing(connection, work, dueAt);
            }
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        await new Firing(connection, work, dueAt).DisposeAsync();
        return null;
    }

    // Those that run right now among them: claiming tells.
    public async Task<IReadOnlyList<(string Work, DateTimeOffset DueAt)>> UnfinishedAsync(
        CancellationToken cancellationToken
    )
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(cancellationToken);
        await using var look = new NpgsqlCommand(
            "SELECT work, due_at FROM scheduler.firings WHERE done_at IS NULL",
            connection
        );
        await using var row = await look.ExecuteReaderAsync(cancellationToken);
        var unfinished = new List<(string, DateTimeOffset)>();
        while (await row.ReadAsync(cancellationToken))
        {
            unfinished.Add((row.GetString(0), row.GetFieldValue<DateTimeOffset>(1)));
        }

        return unfinished;
    }

    public static async Task MigrateAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        await using var create = new NpgsqlBatch(owner)
        {
            BatchCommands = { new(OneAtATimeSql), new(SchemaSql), new(TableSql), new(DoneSql) },
        };
        await create.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<bool> IsMigratedAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(cancellationToken);
        await using var look = new NpgsqlCommand(
            "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('scheduler.firings') AND attname = 'done_at')",
            connection
        );
        return (bool)(await look.ExecuteScalarAsync(cancellationToken))!;
    }

    private const string ClaimSql = """
        WITH alone AS MATERIALIZED (
            SELECT pg_try_advisory_lock(hashtextextended('scheduler.firings ' || $1, 0)) AS locked
        )
        INSERT INTO scheduler.firings AS f (work, due_at, done_at)
        SELECT $1, $2, NULL FROM alone WHERE locked
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

// A firing that this Host runs alone, until the connection is closed.
internal sealed class Firing(NpgsqlConnection connection, string work, DateTimeOffset dueAt) : IAsyncDisposable
{
    public async Task DoneAsync(CancellationToken cancellationToken)
    {
        await using var done = new NpgsqlCommand(
            "UPDATE scheduler.firings SET done_at = now() WHERE work = $1 AND due_at = $2",
            connection
        );
        done.Parameters.Add(new() { Value = work });
        done.Parameters.Add(new() { Value = dueAt.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await done.ExecuteNonQueryAsync(cancellationToken);
    }

    // The server notices a closed connection a little later, and the next firing would find the lock still taken.
    public async ValueTask DisposeAsync()
    {
        try
        {
            await using var unlock = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", connection);
            await unlock.ExecuteNonQueryAsync();
        }
        catch (Exception lost) when (lost is NpgsqlException or InvalidOperationException)
        {
            // The lock went with the connection.
        }

        await connection.DisposeAsync();
    }
}
