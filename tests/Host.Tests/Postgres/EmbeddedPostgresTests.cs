using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Host.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Testing;

namespace Host.Tests.Postgres;

public sealed class EmbeddedPostgresTests(EmbeddedPostgresTests.Folder folder)
    : IClassFixture<EmbeddedPostgresTests.Folder>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Data_survives_a_restart()
    {
        await using (var first = await folder.StartAsync())
        {
            await ScalarAsync(first.ConnectionString, "CREATE TABLE kept AS SELECT 7 AS value");
        }

        await using var second = await folder.StartAsync();

        Assert.Equal(7, await ScalarAsync(second.ConnectionString, "SELECT value FROM kept"));
    }

    [Fact]
    public async Task It_listens_on_the_loopback_alone_and_wants_the_password_that_it_made()
    {
        await using var server = await folder.StartAsync();
        var to = new NpgsqlConnectionStringBuilder(server.ConnectionString);

        Assert.Equal(48, to.Password!.Length);
        Assert.Equal(
            "127.0.0.1|",
            await ScalarAsync(
                to.ConnectionString,
                "SELECT current_setting('listen_addresses') || '|' || current_setting('unix_socket_directories')"
            )
        );
        var wrong = new NpgsqlConnectionStringBuilder(to.ConnectionString) { Password = "postgres" };
        var refused = await Assert.ThrowsAsync<PostgresException>(() =>
            ScalarAsync(wrong.ConnectionString, "SELECT 1")
        );
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);
        Assert.Equal("-rw-------", (await Listing("password"))[..10]);
    }

    [Fact]
    public async Task It_runs_as_an_account_other_than_root()
    {
        await using var server = await folder.StartAsync();

        var owner = (await Listing("data/postmaster.pid")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[2];

        Assert.NotEqual("0", owner);
    }

    [Fact]
    public async Task Second_host_on_the_folder_says_so()
    {
        await using var server = await folder.StartAsync();

        var problem = await Assert.ThrowsAsync<EmbeddedPostgresException>(folder.StartAsync);

        Assert.Equal(
            $"Another Host (process {Environment.ProcessId}) already runs on {folder.Path}. Stop it, or set EmbeddedPostgres:DataFolder to another folder.",
            problem.Message
        );
        Assert.Equal(1, await ScalarAsync(server.ConnectionString, "SELECT 1"));
    }

    [Theory]
    [InlineData("2147483647\n")]
    [InlineData("")]
    [InlineData("not a number\n")]
    public async Task Stale_pid_file_is_passed_over(string content)
    {
        await (await folder.StartAsync()).DisposeAsync();
        await File.WriteAllTextAsync(folder.ServerPidFile, content, Token);

        await using var server = await folder.StartAsync();

        Assert.Equal(1, await ScalarAsync(server.ConnectionString, "SELECT 1"));
    }

    [Fact]
    public async Task Program_that_was_given_the_number_of_a_stale_pid_file_lives_on()
    {
        await (await folder.StartAsync()).DisposeAsync();
        using var innocent = Process.Start(new ProcessStartInfo("sleep", "600"))!;
        try
        {
            await File.WriteAllTextAsync(
                folder.ServerPidFile,
                string.Create(CultureInfo.InvariantCulture, $"{innocent.Id}\n{folder.Path}/data\n"),
                Token
            );

            await using var server = await folder.StartAsync();

            Assert.Equal(1, await ScalarAsync(server.ConnectionString, "SELECT 1"));
            Assert.False(innocent.HasExited);
        }
        finally
        {
            innocent.Kill();
        }
    }

    [Fact]
    public async Task Server_of_a_killed_host_is_stopped_and_its_data_taken_over()
    {
        int left;
        using (var killed = HostProcess.Start(("EmbeddedPostgres__DataFolder", folder.Path)))
        {
            await killed.UntilItSaysAsync("Application started", Token);
            killed.Kill();
            left = folder.ServerPid;
        }

        Assert.False(Process.GetProcessById(left).HasExited);
        await using var server = await folder.StartAsync();

        Assert.NotEqual(left, folder.ServerPid);
        Assert.Equal(true, await ScalarAsync(server.ConnectionString, "SELECT count(*) > 0 FROM followups.migrations"));
    }

    [Fact]
    public async Task Busy_port_is_named()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var problem = await Assert.ThrowsAsync<EmbeddedPostgresException>(() => folder.StartAsync(port));

        Assert.StartsWith($"Port {port} on 127.0.0.1 is taken", problem.Message, StringComparison.Ordinal);
        listener.Stop();
        await using var server = await folder.StartAsync(port);
        Assert.Equal(port, new NpgsqlConnectionStringBuilder(server.ConnectionString).Port);
    }

    [Fact]
    public async Task Lost_password_is_told()
    {
        await (await folder.StartAsync()).DisposeAsync();
        var password = Path.Combine(folder.Path, "password");
        File.Move(password, $"{password}.away");
        try
        {
            var problem = await Assert.ThrowsAsync<EmbeddedPostgresException>(folder.StartAsync);

            Assert.Contains("Bring it back", problem.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Move($"{password}.away", password);
        }

        await using var server = await folder.StartAsync();
        Assert.Equal(1, await ScalarAsync(server.ConnectionString, "SELECT 1"));
    }

    private static async Task<object?> ScalarAsync(string connectionString, string sql)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var command = database.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Token);
    }

    private async Task<string> Listing(string file) =>
        (await ServerProcess.RunAsync("ls", ["-ln", Path.Combine(folder.Path, file)], null, Token)).Output;

    // One cluster for the class, whose tests run one after the other.
    public sealed class Folder : IDisposable
    {
        public string Path { get; } =
            System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"followups-embedded-{Guid.NewGuid():n}");

        public string ServerPidFile => System.IO.Path.Combine(Path, "data", "postmaster.pid");

        public int ServerPid => int.Parse(File.ReadLines(ServerPidFile).First(), CultureInfo.InvariantCulture);

        internal Task<EmbeddedPostgres> StartAsync() => StartAsync(0);

        internal Task<EmbeddedPostgres> StartAsync(int port) =>
            EmbeddedPostgres.StartAsync(
                new EmbeddedPostgresOptions { DataFolder = Path, Port = port },
                NullLogger.Instance,
                Token
            );

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
