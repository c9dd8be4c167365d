using System.Runtime.InteropServices;
using Host.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Benchmarks.Stage;

// The PostgreSQL of a run: durable like the one the product starts, in a folder that goes when the run ends.
internal sealed class Server(EmbeddedPostgres postgres, string folder) : IAsyncDisposable
{
    private static readonly string[] Reported =
    [
        "server_version",
        "fsync",
        "synchronous_commit",
        "full_page_writes",
        "shared_buffers",
        "max_wal_size",
        "max_connections",
        "shared_preload_libraries",
    ];

    private int disposed;

    public static async Task<Server> StartAsync(bool profile)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"followups-bench-{Environment.ProcessId}");
        var options = new EmbeddedPostgresOptions
        {
            DataFolder = folder,
            Settings =
            {
                // Two modules' pools, the bare one and the reference's; memory and log for ten million messages. The rest stays as it comes.
                ["max_connections"] = "400",
                ["shared_buffers"] = "1GB",
                ["max_wal_size"] = "8GB",
                // As the product's accounts have them, for those that it is compared with.
                ["random_page_cost"] = "1.1",
                ["jit"] = "off",
            },
        };
        if (profile)
        {
            options.Settings["shared_preload_libraries"] = "pg_stat_statements";
        }

        var server = new Server(
            await EmbeddedPostgres.StartAsync(options, NullLogger.Instance, CancellationToken.None),
            folder
        );
        // An interrupted run leaves no server behind either.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return server;
    }

    public int Port => new NpgsqlConnectionStringBuilder(postgres.ConnectionString).Port;

    public async Task<string> NewDatabaseAsync(string name)
    {
        await using var maintenance = NpgsqlDataSource.Create(postgres.ConnectionString);
        await using var create = maintenance.CreateCommand($"CREATE DATABASE {name}");
        await create.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Database = name }.ConnectionString;
    }

    public async Task<Dictionary<string, string>> FactsAsync()
    {
        var client = new NpgsqlConnectionStringBuilder(postgres.ConnectionString);
        var facts = new Dictionary<string, string>
        {
            ["machine"] = $"{Cpu()}, {Environment.ProcessorCount} cores",
            ["system"] = RuntimeInformation.OSDescription,
            ["dotnet"] = RuntimeInformation.FrameworkDescription,
            ["gc"] = System.Runtime.GCSettings.IsServerGC ? "server" : "workstation",
            ["npgsql"] = typeof(NpgsqlConnection).Assembly.GetName().Version!.ToString(),
            ["npgsql.max_pool_size"] = $"{client.MaxPoolSize}",
            ["npgsql.max_auto_prepare"] = $"{client.MaxAutoPrepare}",
            ["npgsql.multiplexing"] = $"{client.Multiplexing}",
        };
        await using var database = NpgsqlDataSource.Create(postgres.ConnectionString);
        foreach (var setting in Reported)
        {
            await using var show = database.CreateCommand($"SHOW {setting}");
            facts[$"postgres.{setting}"] = (string)(await show.ExecuteScalarAsync())!;
        }

        return facts;
    }

    // What the server spent its time on since the run began, dearest first.
    public async Task<List<string>> ProfileAsync(string databaseName)
    {
        await using var database = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Database = databaseName }.ConnectionString
        );
        await using var top = database.CreateCommand(
            """
            CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
            SELECT format('%s ms in %s calls, %s ms each, %s rows: %s', round(s.total_exec_time), s.calls,
                          round(s.mean_exec_time::numeric, 3), s.rows, left(regexp_replace(s.query, '\s+', ' ', 'g'), 110))
            FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid AND d.datname = current_database()
            ORDER BY s.total_exec_time DESC LIMIT 12
            """
        );
        await using var row = await top.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await row.ReadAsync())
        {
            lines.Add(row.GetString(0));
        }

        return lines;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1)
        {
            return;
        }

        await postgres.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static string Cpu() =>
        File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo")
                .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
                ?.Split(": ")[1]
                ?? "unknown"
            : RuntimeInformation.ProcessArchitecture.ToString();
}
