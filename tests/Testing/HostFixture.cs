using Host;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Xunit;

namespace Testing;

// The real program on a database of its own, or on that of another one, listening on a free port.
public class HostFixture : IAsyncLifetime
{
    private readonly HostFixture? beside;
    private readonly (string Key, string Value)[] settings;
    private FollowUpsHost? host;

    public HostFixture()
        : this(null) { }

    // The last setting of a key holds.
    protected HostFixture(HostFixture? beside, params (string Key, string Value)[] settings)
    {
        this.beside = beside;
        this.settings = settings;
    }

    public string ConnectionString { get; private set; } = "";

    public HttpClient Http { get; } = new();

    public IServiceProvider Services => host!.App.Services;

    public ISender Modules => Services.GetRequiredService<ISender>();

    public async ValueTask InitializeAsync()
    {
        ConnectionString = beside?.ConnectionString ?? await PostgresServer.NewDatabaseAsync();
        host = await FollowUpsHost.CreateAsync(
            ["--environment", Environment],
            builder =>
            {
                builder.WebHost.UseUrls("http://127.0.0.1:0");
                builder.Configuration.AddInMemoryCollection([
                    new("ConnectionStrings:Postgres", ConnectionString),
                    // This morning's run would be made up for in the midst of a test.
                    new("Scheduling:Work:reengagement:Enabled", "false"),
                ]);
                // Whose tokens a developer's own Host takes (dotnet user-jwts) is no test's business.
                builder
                    .Configuration.Sources.OfType<JsonConfigurationSource>()
                    .Where(file => file.Path == "appsettings.Development.json")
                    .ToList()
                    .ForEach(file => builder.Configuration.Sources.Remove(file));
                foreach (var (key, value) in settings)
                {
                    builder.Configuration[key] = value;
                }

                builder.Logging.ClearProviders();
                Customise(builder);
            }
        );
        await host.StartAsync();
        Http.BaseAddress = new Uri(host.App.Urls.First());
    }

    // For what no request can bring about: a loss, a crash, time gone by.
    public async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        await command.ExecuteNonQueryAsync();
    }

    protected virtual string Environment => "Development";

    // What is registered here comes before the product's own.
    protected virtual void Customise(WebApplicationBuilder builder) { }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Http.Dispose();
        if (Interlocked.Exchange(ref host, null) is { } running)
        {
            await running.DisposeAsync();
        }
    }
}
