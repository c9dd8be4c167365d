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
    private readonly ServerAccount? account;

    private EmbeddedPostgres(DataFolder folder, PostgresBinaries binaries, ServerAccount? account) =>
        (this.folder, this.binaries, this.account) = (folder, binaries, account);

    public string ConnectionString { get; private set; } = "";

    public static async Task<EmbeddedPostgres> StartAsync(
        EmbeddedPostgresOptions options,
        ILogger logger,
        CancellationToken cancellationToken
    )
    {
        var folder = DataFolder.Take(options.DataFolder);
        try
        {
            var account = await ServerAccount.FindAsync(options, folder.Cluster, cancellationToken);
            await folder.HandOverAsync(account, cancellationToken);
            var binaries = await PostgresBinaries.FindAsync(options, folder.Major, cancellationToken);
            if (folder.Major is null)
            {
                LogMaking(logger, folder.Root, binaries.Major);
                await folder.MakeClusterAsync(binaries, account, cancellationToken);
            }

            if (await ServerLeftBehind.StopAsync(folder, binaries, account, cancellationToken))
            {
                LogLeftBehind(logger, folder.Root);
            }

            var server = new EmbeddedPostgres(folder, binaries, account);
            var port = await server.StartAsync(options, cancellationToken);
            LogStarted(logger, binaries.Major, port, folder.Root);
            return server;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            folder.Dispose();
            throw DataFolder.IsFull(problem.Message)
                ? DataFolder.Full(folder.Root)
                : new EmbeddedPostgresException(
                    $"The folder {folder.Root} cannot be used ({problem.Message}). Mend that, or set EmbeddedPostgres:DataFolder to another one."
                );
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    // The server of another Host that runs on the folder; null where none answers.
    public static async Task<string?> FindRunningAsync(
        EmbeddedPostgresOptions options,
        CancellationToken cancellationToken
    )
    {
        if (DataFolder.FindServer(options.DataFolder) is not var (port, password))
        {
            return null;
        }

        var to = Connection(port, password, Database);
        await using var database = NpgsqlDataSource.Create(to.ConnectionString);
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            return to.ConnectionString;
        }
        catch (NpgsqlException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        folder.Dispose();
    }

    private async Task<int> StartAsync(EmbeddedPostgresOptions options, CancellationToken cancellationToken)
    {
        var port = options.Port;
        for (var left = 3; ; left--)
        {
            port = options.Port == 0 ? FreePort() : options.Port;
            if (await TryStartAsync(options, port, cancellationToken))
            {
                break;
            }

            // A free port may be taken between the look and the start.
            if (options.Port != 0 || left == 0)
            {
                throw new EmbeddedPostgresException(
                    $"Port {port} on 127.0.0.1 is taken by another program. Free it, or set EmbeddedPostgres:Port to another one (0: any free one)."
                );
            }
        }

        try
        {
            ConnectionString = await MakeDatabaseAsync(folder, port, cancellationToken);
            return port;
        }
        catch (PostgresException problem) when (problem.SqlState == PostgresErrorCodes.InvalidPassword)
        {
            await StopAsync();
            throw new EmbeddedPostgresException(
                $"The password kept in {folder.Root} is not the one of the data there. Bring back the file, or move the folder away to begin anew."
            );
        }
        catch
        {
            await StopAsync();
            throw;
        }
    }

    private async Task StopAsync() =>
        await ServerProcess.RunAsync(
            binaries.Program("pg_ctl"),
            ["stop", "-D", folder.Cluster, "-m", "fast", "-w", "-t", "30"],
            account,
            CancellationToken.None
        );

    // False when the port is taken.
    private async Task<bool> TryStartAsync(
        EmbeddedPostgresOptions options,
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
        var before = File.Exists(folder.Log) ? new FileInfo(folder.Log).Length : 0;
        var (exit, output) = await ServerProcess.RunAsync(
            binaries.Program("pg_ctl"),
            ["start", "-D", folder.Cluster, "-l", folder.Log, "-w", "-t", "60", "-o", words],
            account,
            cancellationToken
        );
        if (exit == 0)
        {
            return true;
        }

        var log = await SaidSinceAsync(before, cancellationToken);
        return DataFolder.IsFull(output + log) ? throw DataFolder.Full(folder.Root)
            : log.Contains("Address already in use", StringComparison.Ordinal) ? false
            : throw new EmbeddedPostgresException(
                $"PostgreSQL did not start on {folder.Root}: {output.Trim()}\n{log.Trim()}"
            );
    }

    // The log holds what earlier starts said too.
    private async Task<string> SaidSinceAsync(long before, CancellationToken cancellationToken)
    {
        if (!File.Exists(folder.Log))
        {
            return "";
        }

        await using var log = new FileStream(folder.Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        log.Seek(before, SeekOrigin.Begin);
        using var reader = new StreamReader(log);
        return await reader.ReadToEndAsync(cancellationToken);
    }

    private static async Task<string> MakeDatabaseAsync(
        DataFolder folder,
        int port,
        CancellationToken cancellationToken
    )
    {
        var to = Connection(port, folder.Password, "postgres");
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

    private static NpgsqlConnectionStringBuilder Connection(int port, string password, string database) =>
        new()
        {
            Host = "127.0.0.1",
            Port = port,
            Username = "postgres",
            Password = password,
            Database = database,
        };

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
