using DotNet.Testcontainers.Builders;
using Host.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Testcontainers.PostgreSql;

namespace Testing;

// One server for all tests of a process: a container where a Docker engine answers, else the product's own embedded one. Every test project
// disposes of it (AssemblyFixture): at the end of the process it would take longer than xunit waits for that.
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly Lazy<Task<(string ConnectionString, Func<Task> StopAsync)>> Started = new(StartAsync);

    public async ValueTask DisposeAsync()
    {
        if (Started.IsValueCreated)
        {
            await (await Started.Value).StopAsync();
        }
    }

    public static async Task<string> NewDatabaseAsync()
    {
        var server = new NpgsqlConnectionStringBuilder((await Started.Value).ConnectionString)
        {
            IncludeErrorDetail = true,
        };
        var name = $"test_{Guid.CreateVersion7():n}";
        await using var maintenance = NpgsqlDataSource.Create(server.ConnectionString);
        await using var create = maintenance.CreateCommand($"CREATE DATABASE {name}");
        await create.ExecuteNonQueryAsync();
        server.Database = name;
        return server.ConnectionString;
    }

    private static async Task<(string, Func<Task>)> StartAsync()
    {
        try
        {
            var container = new PostgreSqlBuilder("postgres:17").Build();
            await container.StartAsync();
            return (container.GetConnectionString(), () => container.DisposeAsync().AsTask());
        }
        catch (DockerUnavailableException)
        {
            return await StartEmbeddedAsync();
        }
    }

    private static async Task<(string, Func<Task>)> StartEmbeddedAsync()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"followups-tests-{Environment.ProcessId}");
        var server = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions
            {
                DataFolder = folder,
                Settings =
                {
                    ["fsync"] = "off",
                    ["synchronous_commit"] = "off",
                    ["full_page_writes"] = "off",
                    ["max_connections"] = "300",
                },
            },
            NullLogger.Instance,
            CancellationToken.None
        );
        var stopped = new Lazy<Task>(async () =>
        {
            await server.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        });

        // Nothing is disposed of when a run is broken off.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => stopped.Value.GetAwaiter().GetResult();
        return (server.ConnectionString, () => stopped.Value);
    }
}
