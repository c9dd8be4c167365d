using Npgsql;
using NpgsqlTypes;

namespace Host.Scheduling;

// Where several Hosts agree who runs a work. Whoever takes a firing holds an advisory lock while it runs: the lock keeps the next firing
// from overlapping, on any Host, and dies with the connection.
internal sealed class Firings(IConfiguration configuration)
{
    // Unpooled: closing the connection is what gives the lock back.
    private readonly string database = new NpgsqlConnectionStringBuilder(configuration.GetConnectionString("Postgres"))
    {
        Pooling = false,
    }.ConnectionString;

    // Null when another Host has taken this firing or an earlier one still runs.
    public async Task<IAsyncDisposable?> ClaimAsync(
        string work,
        DateTimeOffset dueAt,
        CancellationToken cancellationToken
    )
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
                return connection;
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

    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(cancellationToken);
        await using var create = new NpgsqlBatch(connection)
        {
            BatchCommands = { new(OneAtATimeSql), new(SchemaSql), new(TableSql) },
        };
        await create.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<bool> IsMigratedAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(cancellationToken);
        await using var look = new NpgsqlCommand("SELECT to_regclass('scheduler.firings') IS NOT NULL", connection);
        return (bool)(await look.ExecuteScalarAsync(cancellationToken))!;
    }

    private const string ClaimSql = """
        WITH alone AS MATERIALIZED (
            SELECT pg_try_advisory_lock(hashtextextended('scheduler.firings ' || $1, 0)) AS locked
        )
        INSERT INTO scheduler.firings AS f (work, due_at)
        SELECT $1, $2 FROM alone WHERE locked
        ON CONFLICT (work) DO UPDATE SET due_at = excluded.due_at WHERE f.due_at < excluded.due_at
        RETURNING work
        """;

    // CREATE ... IF NOT EXISTS of two Hosts at once can still fail.
    private const string OneAtATimeSql = "SELECT pg_advisory_xact_lock(hashtextextended('scheduler.firings', 0))";

    private const string SchemaSql = "CREATE SCHEMA IF NOT EXISTS scheduler";

    // One row a work: the newest firing that was taken.
    private const string TableSql = """
        CREATE TABLE IF NOT EXISTS scheduler.firings (work text COLLATE "C" PRIMARY KEY, due_at timestamptz NOT NULL)
        """;
}
