using DotNet.Testcontainers.Builders;
using Host.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Testcontainers.PostgreSql;

namespace Testing;

// One server for all tests of a process: a container where a Docker engine answers, else the product's own embedded one.
public static class PostgresServer
{
    private static readonly Lazy<Task<string>> Started = new(StartAsync);

    public static async Task<string> NewDatabaseAsync()
    {
        var server = new NpgsqlConnectionStringBuilder(await Started.Value) { IncludeErrorDetail = true };
        var name = $"test_{Guid.CreateVersion7():n}";
        await using var maintenance = NpgsqlDataSource.Create(server.ConnectionString);
        await using var create = maintenance.CreateCommand($"CREATE DATABASE {name}");
        await create.ExecuteNonQueryAsync();
        server.Database = name;
        return server.ConnectionString;
    }

    private static async Task<string> StartAsync()
    {
        try
        {
            var container = new PostgreSqlBuilder("postgres:17").Build();
            await container.StartAsync();
            return container.GetConnectionString();
        }
        catch (DockerUnavailableException)
        {
            return await StartEmbeddedAsync();
        }
    }

    private static async Task<string> StartEmbeddedAsync()
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
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            server.DisposeAsync().AsTask().GetAwaiter().GetResult();
            Directory.Delete(folder, recursive: true);
        };
        return server.ConnectionString;
    }
}
