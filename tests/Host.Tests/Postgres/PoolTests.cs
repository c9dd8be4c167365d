using Microsoft.AspNetCore.Builder;
using Npgsql;
using Testing;

namespace Host.Tests.Postgres;

public sealed class PoolTests(PoolTests.Restless host) : IClassFixture<PoolTests.Restless>
{
    private const string Control = "control";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_module_keeps_a_connection_open_through_quiet_times()
    {
        var before = await BackendsAsync("conversations");

        // A pool that keeps none loses its own twice meanwhile.
        await using var control = NpgsqlDataSource.Create(Restless.Of(host.ConnectionString, Control));
        for (var i = 0; i < 2; i++)
        {
            await (await control.OpenConnectionAsync(Token)).DisposeAsync();
            await Until.NotNull(async () => (await BackendsAsync(Control)).Count == 0 ? Control : null);
        }

        Assert.NotEmpty(before.Intersect(await BackendsAsync("conversations")));
    }

    private async Task<IReadOnlyList<int>> BackendsAsync(string application)
    {
        await using var connection = new NpgsqlConnection(host.ConnectionString);
        await connection.OpenAsync(Token);
        await using var look = new NpgsqlCommand(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1 ORDER BY pid",
            connection
        );
        look.Parameters.Add(new() { Value = application });
        var backends = new List<int>();
        await using var row = await look.ExecuteReaderAsync(Token);
        while (await row.ReadAsync(Token))
        {
            backends.Add(row.GetInt32(0));
        }

        return backends;
    }

    public sealed class Restless : HostFixture
    {
        public static string Of(string connectionString, string? application = null) =>
            new NpgsqlConnectionStringBuilder(connectionString)
            {
                ApplicationName = application,
                ConnectionIdleLifetime = 1,
                ConnectionPruningInterval = 1,
            }.ConnectionString;

        protected override void Customise(WebApplicationBuilder builder) =>
            builder.Configuration["ConnectionStrings:Postgres"] = Of(ConnectionString);
    }
}
