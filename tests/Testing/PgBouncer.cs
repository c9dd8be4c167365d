using System.ComponentModel;
using System.Diagnostics;
using Npgsql;

namespace Testing;

// PgBouncer in transaction mode in front of a server: a connection to it is, from one transaction to the next, another one of few to the server.
public sealed class PgBouncer : IAsyncDisposable
{
    // Fewer than the callers of a test, so that they share.
    public const int ServerConnections = 3;

    private const int Port = 6432;
    private const string Installed = "/usr/sbin/pgbouncer";

    private readonly Process process;
    private readonly DirectoryInfo folder;

    private PgBouncer(Process process, DirectoryInfo folder)
    {
        this.process = process;
        this.folder = folder;
    }

    public static async Task<PgBouncer> StartAsync(string server, CancellationToken cancellationToken)
    {
        var to = new NpgsqlConnectionStringBuilder(server);
        var folder = Directory.CreateTempSubdirectory("pgbouncer-");
        var users = Path.Combine(folder.FullName, "users.txt");
        var settings = Path.Combine(folder.FullName, "pgbouncer.ini");
        await File.WriteAllTextAsync(users, $"\"{to.Username}\" \"{to.Password}\"\n", cancellationToken);
        await File.WriteAllTextAsync(
            settings,
            $"""
            [databases]
            * = host={to.Host} port={to.Port}
            [pgbouncer]
            pool_mode = transaction
            default_pool_size = {ServerConnections}
            max_client_conn = 500
            listen_addr =
            listen_port = {Port}
            unix_socket_dir = {folder.FullName}
            auth_type = scram-sha-256
            auth_file = {users}
            auth_user = {to.Username}
            auth_query = SELECT usename, passwd FROM pg_shadow WHERE usename = $1
            """,
            cancellationToken
        );

        // It refuses to run as root.
        string[] account = System.Environment.IsPrivilegedProcess ? ["-u", "postgres"] : [];
        if (account is [_, var name])
        {
            using var own = Process.Start("chown", ["-R", name, folder.FullName]);
            await own.WaitForExitAsync(cancellationToken);
        }

        var bouncer = new PgBouncer(Start(["-q", .. account, settings]), folder);
        while (!File.Exists(Path.Combine(folder.FullName, $".s.PGSQL.{Port}")))
        {
            if (bouncer.process.HasExited)
            {
                throw new InvalidOperationException("PgBouncer does not start.");
            }

            await Task.Delay(10, cancellationToken);
        }

        return bouncer;
    }

    // The same database as the same account, but through PgBouncer.
    public string Through(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString)
        {
            Host = folder.FullName,
            Port = Port,
            NoResetOnClose = true,
        }.ConnectionString;

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        folder.Delete(recursive: true);
    }

    private static Process Start(string[] arguments)
    {
        try
        {
            return Process.Start(File.Exists(Installed) ? Installed : "pgbouncer", arguments);
        }
        catch (Win32Exception)
        {
            throw new InvalidOperationException(
                "PgBouncer is missing: build/setup installs it from Debian's packages; elsewhere install it yourself."
            );
        }
    }
}
