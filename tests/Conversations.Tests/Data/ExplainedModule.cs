using System.Collections.Concurrent;
using System.Text.Json;
using Conversations.Data;
using MediatR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Testing;

namespace Conversations.Tests.Data;

// The module alone, on a database large enough for its plans to matter. The server answers every statement with the plan that it ran
// (auto_explain, as a notice), so what a test sees is the plan of what the handler sent, parameters included.
public sealed class ExplainedModule : IAsyncLifetime, ILoggerProvider, ILogger
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
            .AddInMemoryCollection([new("ConnectionStrings:Postgres", connection.ConnectionString)])
            .Build();
        services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(TimeProvider.System)
            .AddConversationsModule(configuration)
            .AddMediatR(mediator => mediator.RegisterServicesFromAssembly(typeof(ConversationsModule).Assembly))
            .AddKeyedSingleton(
                ConversationsDbContext.Schema,
                (_, _) =>
                    new NpgsqlDataSourceBuilder(connection.ConnectionString)
                        .UseLoggerFactory(
                            LoggerFactory.Create(logs => logs.SetMinimumLevel(LogLevel.Trace).AddProvider(this))
                        )
                        .Build()
            )
            .BuildServiceProvider();
        await services.MigrateConversationsAsync(TestContext.Current.CancellationToken);

        await using var database = NpgsqlDataSource.Create(connection.ConnectionString);
        foreach (var statement in (string[])[MessagesSql, ConversationsSql, "VACUUM ANALYZE"])
        {
            await using var command = database.CreateCommand(statement);
            command.CommandTimeout = 120;
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    internal async Task<Plan> PlanOf<T>(IRequest<T> request)
    {
        plans.Clear();
        await services!.GetRequiredService<ISender>().Send(request, TestContext.Current.CancellationToken);
        return Assert.Single(plans);
    }

    // In keys, in INCLUDE, in expressions and in predicates: PostgreSQL records that an index depends on each of them.
    internal async Task<List<string>> IndexedColumnsOf(string table)
    {
        await using var command = services!
            .GetRequiredKeyedService<NpgsqlDataSource>(ConversationsDbContext.Schema)
            .CreateCommand(
                """
                SELECT DISTINCT a.attname::text COLLATE "C"
                FROM pg_index i
                JOIN pg_class t ON t.oid = i.indrelid AND t.relnamespace = 'conversations'::regnamespace AND t.relname = $1
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

    void IDisposable.Dispose() { }

    // 40 000 conversations; most customers have 4, `busy` has 2000. One conversation is long: 20 000 messages.
    private const string MessagesSql = """
        INSERT INTO conversations.messages (conversation_id, id, sent_at, role, channel, content, score, token_count)
        SELECT CASE WHEN i % 10 = 0 THEN 'long' ELSE 'c-' || i % 40000 END, gen_random_uuid(), now() - i * interval '13 s',
               (i / 40000 % 2)::smallint, (array['web', 'sms', 'whatsapp'])[1 + i % 3],
               'Is tasting ' || i % 997 || ' still on for ' || (array['Friday', 'Monday'])[1 + i % 2] || '?',
               CASE WHEN i % 2 = 0 THEN i % 100 / 100.0 END, 10
        FROM generate_series(1, 200000) i
        """;

    private const string ConversationsSql = """
        INSERT INTO conversations.conversations
            (id, user_id, message_count, created_at, last_message_at, escalated_at, channels, window_at, window_ids, window_scores)
        SELECT m.conversation_id,
               CASE WHEN m.number < 2000 THEN 'busy' ELSE 'u-' || m.number % 10000 END,
               count(*), min(m.sent_at), max(m.sent_at), CASE WHEN m.number % 1000 = 1 THEN now() END, array_agg(DISTINCT m.channel),
               array[now()], array[gen_random_uuid()], array[0.5]
        FROM (SELECT *, coalesce(substring(conversation_id FROM 3)::int, 0) AS number FROM conversations.messages WHERE conversation_id <> 'long'
              UNION ALL
              SELECT *, 9999 FROM conversations.messages WHERE conversation_id = 'long') m
        GROUP BY m.conversation_id, m.number
        """;
}

// What PostgreSQL did for a statement.
internal sealed class Plan
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

    public double RowsRead(string scan) =>
        nodes
            .Where(node => node.TryGetProperty("Index Name", out var index) && index.ValueEquals(scan))
            .Sum(node => node.GetProperty("Actual Rows").GetDouble() * node.GetProperty("Actual Loops").GetDouble());

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
