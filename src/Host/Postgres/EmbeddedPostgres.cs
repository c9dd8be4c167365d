using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Host.Postgres;

// A PostgreSQL server of the Host's own: started before anything needs it, stopped with the Host.
internal sealed partial class EmbeddedPostgres : IAsyncDisposable
{
    private const string Database = "followups";
    private readonly DataFolder folder;
    private readonly PostgresBinaries binaries;
    private readonly string? account;

    private EmbeddedPostgres(DataFolder folder, PostgresBinaries binaries, string? account, string connectionString)
    {
        this.folder = folder;
        this.binaries = binaries;
        this.account = account;
        ConnectionString = connectionString;
    }

    public string ConnectionString { get; }

    public static async Task<EmbeddedPostgres> StartAsync(
        EmbeddedPostgresOptions options,
        ILogger logger,
        CancellationToken cancellationToken
    )
    {
        var folder = DataFolder.Take(options.DataFolder);
        try
        {
            var account = ServerProcess.Account(options);
            await folder.HandOverAsync(account, cancellationToken);
            var binaries = await PostgresBinaries.FindAsync(options, folder.Major, cancellationToken);
            if (folder.Major is null)
            {
                LogMaking(logger, folder.Root, binaries.Major);
                await folder.MakeClusterAsync(binaries, account, cancellationToken);
            }

            await StopLeftBehindAsync(folder, binaries, account, logger, cancellationToken);
            var port = options.Port == 0 ? FreePort() : options.Port;
            await StartServerAsync(options, folder, binaries, account, port, cancellationToken);
            var server = new EmbeddedPostgres(
                folder,
                binaries,
                account,
                await MakeDatabaseAsync(folder, port, cancellationToken)
            );
            LogStarted(logger, binaries.Major, port, folder.Root);
            return server;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await ServerProcess.RunAsync(
            binaries.Program("pg_ctl"),
            ["stop", "-D", folder.Cluster, "-m", "fast", "-w", "-t", "30"],
            account,
            CancellationToken.None
        );
        folder.Dispose();
    }

    // We hold the folder's lock, so whoever left this server running is gone. A pid file without a server pg_ctl clears by itself.
    private static async Task StopLeftBehindAsync(
        DataFolder folder,
        PostgresBinaries binaries,
        string? account,
        ILogger logger,
        CancellationToken cancellationToken
    )
    {
        var pidFile = Path.Combine(folder.Cluster, "postmaster.pid");
        if (!File.Exists(pidFile))
        {
            return;
        }

        var (exit, _) = await ServerProcess.RunAsync(
            binaries.Program("pg_ctl"),
            ["stop", "-D", folder.Cluster, "-m", "fast", "-w", "-t", "30"],
            account,
            cancellationToken
        );
        if (exit == 0)
        {
            LogLeftBehind(logger, folder.Root);
            return;
        }

        // No server of this folder answers to the pid in it: another program may have been given that number since.
        File.Delete(pidFile);
    }

    private static async Task StartServerAsync(
        EmbeddedPostgresOptions options,
        DataFolder folder,
        PostgresBinaries binaries,
        string? account,
        int port,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, string> settings = new(options.Settings)
        {
            ["port"] = $"{port}",
            ["listen_addresses"] = "127.0.0.1",
            ["unix_socket_directories"] = "",
            ["cluster_name"] = "followups",
        };
        var words = string.Join(' ', settings.Select(setting => $"-c {setting.Key}='{setting.Value}'"));
        var (exit, output) = await ServerProcess.RunAsync(
            binaries.Program("pg_ctl"),
            ["start", "-D", folder.Cluster, "-l", folder.Log, "-w", "-t", "60", "-o", words],
            account,
            cancellationToken
        );
        if (exit == 0)
        {
            return;
        }

        var log = File.Exists(folder.Log) ? string.Join('\n', File.ReadLines(folder.Log).TakeLast(8)) : "";
        if (DataFolder.IsFull(output + log))
        {
            throw DataFolder.Full(folder.Root);
        }

        throw log.Contains("Address already in use", StringComparison.Ordinal)
            ? new EmbeddedPostgresException(
                $"Port {port} on 127.0.0.1 is taken by another program. Free it, or set EmbeddedPostgres:Port to another one (0: any free one)."
            )
            : new EmbeddedPostgresException($"PostgreSQL did not start on {folder.Root}: {output.Trim()}\n{log}");
    }

    private static async Task<string> MakeDatabaseAsync(
        DataFolder folder,
        int port,
        CancellationToken cancellationToken
    )
    {
        var to = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = port,
            Username = "postgres",
            Password = folder.Password,
            Database = "postgres",
        };

        await using var maintenance = NpgsqlDataSource.Create(to.ConnectionString);
        await using var exists = maintenance.CreateCommand($"SELECT FROM pg_database WHERE datname = '{Database}'");
        await using (var row = await exists.ExecuteReaderAsync(cancellationToken))
        {
            if (row.HasRows)
            {
                to.Database = Database;
                return to.ConnectionString;
            }
        }

        await using var create = maintenance.CreateCommand($"CREATE DATABASE {Database}");
        await create.ExecuteNonQueryAsync(cancellationToken);
        to.Database = Database;
        return to.ConnectionString;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Making the data of a PostgreSQL {Major} server in {Folder}"
    )]
    private static partial void LogMaking(ILogger logger, string folder, int major);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "PostgreSQL {Major} runs on 127.0.0.1:{Port}, its data in {Folder}"
    )]
    private static partial void LogStarted(ILogger logger, int major, int port, string folder);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Stopped a server that a killed Host had left running on {Folder}"
    )]
    private static partial void LogLeftBehind(ILogger logger, string folder);
}
