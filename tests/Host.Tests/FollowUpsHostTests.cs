using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Testing;

namespace Host.Tests;

// How the program starts on a database of its operator's.
public sealed class FollowUpsHostTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task New_database_says_to_migrate_and_migrated_it_starts()
    {
        var database = ("ConnectionStrings__Postgres", await PostgresServer.NewDatabaseAsync());
        using (var early = HostProcess.Start(database))
        {
            Assert.Equal(1, await early.ExitAsync(Token));
            Assert.Matches(
                "^The database does not let in the account .* `build/run migrate` makes it",
                early.Said.Trim()
            );
        }

        foreach (var command in (string[])["migrate", "keys create --name till --scopes conversations.write"])
        {
            using var process = HostProcess.Start(command.Split(' '), database);
            Assert.True(await process.ExitAsync(Token) == 0, process.Said);
        }

        using (var service = HostProcess.Start(database))
        {
            await service.UntilItSaysAsync("Application started", Token);
        }

        await using var connection = new NpgsqlConnection(database.Item2);
        await connection.OpenAsync(Token);
        await using var forget = new NpgsqlCommand("DELETE FROM followups.migrations", connection);
        await forget.ExecuteNonQueryAsync(Token);
        using var late = HostProcess.Start(database);
        Assert.Equal(1, await late.ExitAsync(Token));
        Assert.Matches("^The database lacks [0-9]+ migrations. Run `build/run migrate` first.$", late.Said.Trim());
    }

    [Theory]
    [InlineData("140012", "14")]
    [InlineData("190000", "19")]
    public async Task Server_of_a_version_not_supported_is_refused(string number, string version)
    {
        var database = await PostgresServer.NewDatabaseAsync();
        await using (var source = NpgsqlDataSource.Create(database))
        {
            // Stands in for a server of that version.
            await using var command = source.CreateCommand(
                $"""
                CREATE SCHEMA stand_in;
                CREATE FUNCTION stand_in.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT '{number}' $$
                """
            );
            await command.ExecuteNonQueryAsync(Token);
        }

        var other = new NpgsqlConnectionStringBuilder(database) { SearchPath = "stand_in,pg_catalog" };
        var problem = await StartAsync(other.ConnectionString);

        Assert.Equal($"PostgreSQL 15 to 18 is supported; the server is version {version}.", problem);
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=x;Password=x", "cannot be used")]
    [InlineData("postgres://somewhere", "is no connection string")]
    public async Task Database_that_cannot_be_reached_is_told(string connectionString, string words) =>
        Assert.Contains(words, await StartAsync(connectionString), StringComparison.Ordinal);

    [Fact]
    public async Task Told_to_stop_while_it_starts_it_stops_what_has_started_and_ends_in_peace()
    {
        var database = await PostgresServer.NewDatabaseAsync();
        var told = new Told();
        await using (
            var host = await FollowUpsHost.CreateAsync(
                ["--environment", "Development"],
                builder =>
                {
                    builder.WebHost.UseUrls("http://127.0.0.1:0");
                    builder.Configuration["ConnectionStrings:Postgres"] = database;
                    builder.Logging.ClearProviders();
                    builder
                        .Services.AddSingleton(told)
                        .AddHostedService(services => services.GetRequiredService<Told>());
                },
                Token
            )
        )
        {
            told.Lifetime = host.App.Lifetime;
            await host.RunAsync();
        }

        Assert.True(told.Stopped);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task Address_that_another_program_has_is_told_in_a_line(string name)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        using var process = HostProcess.Start(
            ["--urls", $"http://{name}:{port}"],
            ("ConnectionStrings__Postgres", await PostgresServer.NewDatabaseAsync()),
            ("DOTNET_ENVIRONMENT", "Development")
        );

        Assert.Equal(1, await process.ExitAsync(Token));
        Assert.Contains($"Another program listens on http://127.0.0.1:{port} ", process.Said, StringComparison.Ordinal);
        Assert.Contains("--urls", process.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", process.Said, StringComparison.Ordinal);
        Assert.DoesNotMatch("(?m)^(fail|crit):", process.Said);
    }

    private sealed class Told : IHostedService
    {
        public IHostApplicationLifetime? Lifetime { get; set; }

        public bool Stopped { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            Lifetime!.StopApplication();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            Stopped = true;
            return Task.CompletedTask;
        }
    }

    private static async Task<string> StartAsync(string connectionString)
    {
        var problem = await Assert.ThrowsAsync<StartException>(() =>
            FollowUpsHost.CreateAsync(
                [],
                builder => builder.Configuration["ConnectionStrings:Postgres"] = connectionString,
                Token
            )
        );
        return problem.Message;
    }
}
