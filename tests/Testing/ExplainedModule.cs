using System.Collections.Concurrent;
using System.Text.Json;
using MediatR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Xunit;

namespace Testing;

// The module alone, on a database large enough for its plans to matter. The server answers every statement with the plan that it ran
// (auto_explain, as a notice), so what a test sees is the plan of what the handler sent, parameters included.
public abstract class ExplainedModule(string schema) : IAsyncLifetime, ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<Plan> plans = new();
    private ServiceProvider? services;

    public async ValueTask InitializeAsync()
    {
        var connection = new NpgsqlConnectionStringBuilder(await PostgresServer.NewDatabaseAsync())
        {
            Options =
                "-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0 -c auto_explain.log_level=notice "
                + "-c auto_explain.log_format=json -c auto_explain.log_analyze=on -c auto_explain.log_timing=off "
                // VACUUM marks no page all-visible whose commits may still be lost.
                + "-c synchronous_commit=on",
        };
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new($"ConnectionStrings:{schema}", connection.ConnectionString)])
            .Build();
        var registered = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System);
        Add(registered, configuration);
        services = registered
            .AddKeyedSingleton(
                schema,
                (_, _) =>
                    new NpgsqlDataSourceBuilder(connection.ConnectionString)
                        .UseLoggerFactory(
                            LoggerFactory.Create(logs => logs.SetMinimumLevel(LogLevel.Trace).AddProvider(this))
                        )
                        .Build()
            )
            .BuildServiceProvider();
        await using var database = NpgsqlDataSource.Create(connection.ConnectionString);
        await MigrateAsync(database);
        foreach (var statement in (string[])[AlwaysVisibleSql, .. Fill, "VACUUM ANALYZE"])
        {
            await using var command = database.CreateCommand(statement);
            command.CommandTimeout = 120;
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        // What loads a key. What works in the background would be explained too.
        foreach (var loader in services.GetServices<IHostedService>().Where(hosted => hosted is not BackgroundService))
        {
            await loader.StartAsync(TestContext.Current.CancellationToken);
        }
    }

    // An autovacuum that analyzes meanwhile keeps VACUUM from marking pages all-visible, and index-only scans look dear.
    private string AlwaysVisibleSql =>
        $"""
            DO $$
            DECLARE
                a_table regclass;
            BEGIN
                FOR a_table IN SELECT oid FROM pg_class WHERE relnamespace = '{schema}'::regnamespace AND relkind = 'r' LOOP
                    EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = off)', a_table);
                END LOOP;
            END $$
            """;

    protected abstract void Add(IServiceCollection services, IConfiguration configuration);

    protected abstract Task MigrateAsync(NpgsqlDataSource owner);

    // Statements that fill the tables with so much that a bad plan is dear.
    protected abstract IEnumerable<string> Fill { get; }

    // Of every statement, in the order of their execution.
    public async Task<IReadOnlyList<Plan>> PlansOf(Func<IServiceProvider, Task> operation)
    {
        plans.Clear();
        await operation(services!);
        return [.. plans];
    }

    public async Task<Plan> PlanOf<T>(IRequest<T> request)
    {
        var all = await PlansOf(module =>
            module.GetRequiredService<ISender>().Send(request, TestContext.Current.CancellationToken)
        );
        return all.Single();
    }

    // In keys, in INCLUDE, in expressions and in predicates: PostgreSQL records that an index depends on each of them.
    public async Task<List<string>> IndexedColumnsOf(string table)
    {
        await using var command = services!
            .GetRequiredKeyedService<NpgsqlDataSource>(schema)
            .CreateCommand(
                """
                SELECT DISTINCT a.attname::text COLLATE "C"
                FROM pg_index i
                JOIN pg_class t ON t.oid = i.indrelid AND t.relnamespace = $2::regnamespace AND t.relname = $1
                JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0
                WHERE a.attnum = ANY (i.indkey)
                   OR EXISTS (
                       SELECT FROM pg_depend d
                       WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                         AND d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.refobjsubid = a.attnum
                   )
                ORDER BY 1
                """
            );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = table });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = schema });
        var columns = new List<string>();
        await using var row = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await row.ReadAsync(TestContext.Current.CancellationToken))
        {
            columns.Add(row.GetString(0));
        }

        return columns;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (services is not null)
        {
            await services.DisposeAsync();
        }
    }

    void ILogger.Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        var text = formatter(state, exception);
        if (text.IndexOf("plan:", StringComparison.Ordinal) is var at and >= 0)
        {
            plans.Enqueue(new Plan(JsonElement.Parse(text[text.IndexOf('{', at)..(text.LastIndexOf('}') + 1)])));
        }
    }

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    ILogger ILoggerProvider.CreateLogger(string categoryName) => this;

    void IDisposable.Dispose() => GC.SuppressFinalize(this);
}

// What PostgreSQL did for a statement.
public sealed class Plan
{
    private readonly List<JsonElement> nodes = [];

    public Plan(JsonElement explained) => Add(explained.GetProperty("Plan"));

    public IEnumerable<string> Nodes => nodes.Select(node => node.GetProperty("Node Type").GetString()!);

    // Each way into a table, as "Index Only Scan ix_messages_history".
    public IEnumerable<string> Scans =>
        nodes
            .Where(node => node.TryGetProperty("Index Name", out _) || node.TryGetProperty("Relation Name", out _))
            .Where(node => node.GetProperty("Node Type").GetString() != "Bitmap Heap Scan")
            .Select(node =>
                $"{node.GetProperty("Node Type")} {(node.TryGetProperty("Index Name", out var index) ? index : node.GetProperty("Relation Name"))}"
            )
            .Distinct()
            .Order(StringComparer.Ordinal);

    // With those that were read for nothing.
    public double RowsRead(string scan) =>
        nodes
            .Where(node => node.TryGetProperty("Index Name", out var index) && index.ValueEquals(scan))
            .Sum(node =>
                (node.GetProperty("Actual Rows").GetDouble() + RemovedByFilter(node))
                * node.GetProperty("Actual Loops").GetDouble()
            );

    private static double RemovedByFilter(JsonElement node) =>
        node.TryGetProperty("Rows Removed by Filter", out var removed) ? removed.GetDouble() : 0;

    private void Add(JsonElement node)
    {
        nodes.Add(node);
        if (node.TryGetProperty("Plans", out var children))
        {
            foreach (var child in children.EnumerateArray())
            {
                Add(child);
            }
        }
    }
}
