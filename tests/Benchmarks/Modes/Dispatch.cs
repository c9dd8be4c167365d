using System.Collections.Concurrent;
using System.Diagnostics;
using Benchmarks.Reporting;
using Benchmarks.Stage;
using Benchmarks.Ways;
using FollowUps.Contracts;
using FollowUps.Dispatch;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace Benchmarks.Modes;

// What a provider costs is left out: how fast due follow-ups are worked off, and how late one goes that falls due in a quiet hour.
internal static class Dispatch
{
    private const int Due = 20_000;
    private const int BatchSize = 500;
    private const int Parallel = 2;
    private const int Sporadic = 200;
    private static readonly TimeSpan Spread = TimeSpan.FromSeconds(30);

    public static async Task<Section[]> RunAsync(Server server, Arguments arguments)
    {
        var connectionString = await server.NewDatabaseAsync("dispatch");
        await using var database = NpgsqlDataSource.Create(connectionString);
        var channel = new StampingChannel();
        // The backlog's rates are those of its loops: the product's own dispatcher and the scheduler's sweep must not take part.
        Section backlog;
        await using (var product = await StartAsync(connectionString, channel, false))
        {
            backlog = await BacklogAsync(database, product, arguments);
        }

        await using (var product = await StartAsync(connectionString, channel, true))
        {
            return [backlog, await LatenessAsync(product, channel)];
        }
    }

    private static Task<Product> StartAsync(string connectionString, StampingChannel channel, bool dispatches) =>
        Product.StartAsync(
            connectionString,
            builder =>
            {
                builder.Services.AddSingleton<IDeliveryChannel>(channel);
                builder.Configuration.AddInMemoryCollection([
                    new("FollowUps:DispatchEnabled", dispatches.ToString()),
                    new("Scheduling:Enabled", dispatches.ToString()),
                ]);
            }
        );

    private static async Task<Section> BacklogAsync(NpgsqlDataSource database, Product product, Arguments arguments)
    {
        var rounds = Math.Max(1, arguments.Rounds / 10);
        var rates = await Steps.RunAsync(
            $"dispatch: {rounds} rounds of {Due} due follow-ups",
            rounds,
            async tick =>
            {
                var taken = new List<(double Bare, double Alone, double InConversation)>();
                for (var round = 0; round < rounds; round++)
                {
                    taken.Add(
                        (
                            await RateAsync(database, false, () => BareAsync(database)),
                            await RateAsync(database, false, () => ModuleAsync(product)),
                            await RateAsync(database, true, () => ModuleAsync(product))
                        )
                    );
                    tick();
                }

                return taken;
            }
        );
        return new(
            $"Dispatch of {Due} due follow-ups, {Parallel} x {BatchSize} at a time",
            ["of bare SQL", "per second"],
            [
                new("claim, write down, record", "bare SQL", [1, Throughput.Median(rates.Select(rate => rate.Bare))]),
                new(
                    "custom",
                    "MediatR",
                    [
                        Throughput.Median(rates.Select(rate => rate.Alone / rate.Bare)),
                        Throughput.Median(rates.Select(rate => rate.Alone)),
                    ],
                    Budget.NoLessThan(10_000)
                ),
                new(
                    "custom, text stored in its conversation",
                    "MediatR",
                    [
                        Throughput.Median(rates.Select(rate => rate.InConversation / rate.Bare)),
                        Throughput.Median(rates.Select(rate => rate.InConversation)),
                    ]
                ),
            ]
        );
    }

    private static async Task<double> RateAsync(NpgsqlDataSource database, bool inConversation, Func<Task<int>> run)
    {
        await using (var fill = database.CreateCommand(FillSql))
        {
            fill.Parameters.Add(BareSql.One(Due));
            fill.Parameters.Add(BareSql.One(inConversation));
            await fill.ExecuteNonQueryAsync();
        }

        foreach (var table in new[] { "follow_ups", "recipients" })
        {
            await using var settle = database.CreateCommand($"VACUUM ANALYZE followups.{table}");
            await settle.ExecuteNonQueryAsync();
        }

        var started = Stopwatch.GetTimestamp();
        var sent = (await Task.WhenAll(Enumerable.Range(0, Parallel).Select(_ => Task.Run(run)))).Sum();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return sent == Due
            ? sent / seconds
            : throw new InvalidOperationException($"{sent} of {Due} follow-ups were dispatched.");
    }

    private static async Task<int> ModuleAsync(Product product)
    {
        var sent = 0;
        while (await product.Modules.Send(new DispatchDueFollowUps()) is { Claimed: > 0 } run)
        {
            sent += run.Sent;
        }

        return sent;
    }

    private static async Task<int> BareAsync(NpgsqlDataSource database)
    {
        var sent = 0;
        while (true)
        {
            var now = DateTime.UtcNow;
            var ids = new List<Guid>();
            var fences = new List<int>();
            await using (var claim = database.CreateBatch())
            {
                claim.BatchCommands.Add(
                    new NpgsqlBatchCommand(Claims.LockSql) { Parameters = { BareSql.None(NpgsqlDbType.Integer) } }
                );
                claim.BatchCommands.Add(
                    new NpgsqlBatchCommand(Claims.TakeSql)
                    {
                        Parameters =
                        {
                            BareSql.One(now),
                            BareSql.One(now.AddSeconds(30)),
                            BareSql.One(BatchSize),
                            BareSql.None(NpgsqlDbType.Integer),
                            BareSql.None(NpgsqlDbType.Interval),
                            BareSql.One(TimeSpan.FromMinutes(1)),
                            BareSql.One(now),
                        },
                    }
                );
                claim.BatchCommands.Add(new NpgsqlBatchCommand(Claims.NextSql));
                await using var row = await claim.ExecuteReaderAsync();
                await row.NextResultAsync();
                while (await row.ReadAsync())
                {
                    ids.Add(row.GetGuid(0));
                    fences.Add(row.GetInt32(1));
                }
            }

            if (ids.Count == 0)
            {
                return sent;
            }

            T[] All<T>(T value) => Enumerable.Repeat(value, ids.Count).ToArray();
            await using (var words = database.CreateCommand(WritingDown.Sql))
            {
                words.Parameters.Add(BareSql.One(DateTime.UtcNow));
                words.Parameters.Add(BareSql.Column(NpgsqlDbType.Uuid, [.. ids]));
                words.Parameters.Add(BareSql.Column(NpgsqlDbType.Integer, [.. fences]));
                words.Parameters.Add(BareSql.Column(NpgsqlDbType.Smallint, All<short>(1)));
                words.Parameters.Add(BareSql.Column(NpgsqlDbType.Double, All<double?>(null)));
                words.Parameters.Add(BareSql.Column(NpgsqlDbType.Text, All("custom")));
                words.Parameters.Add(BareSql.Column(NpgsqlDbType.Text, All<string?>(null)));
                words.Parameters.Add(BareSql.Column(NpgsqlDbType.Text, All(Samples.Content)));
                words.Parameters.Add(BareSql.Column(NpgsqlDbType.Text, All("none")));
                words.Parameters.Add(BareSql.Column(NpgsqlDbType.Text, [.. ids.Select(id => id.ToString())]));
                words.Parameters.Add(BareSql.Column(NpgsqlDbType.Integer, All<int?>(0)));
                words.Parameters.Add(BareSql.Column(NpgsqlDbType.Text, All<string?>(null)));
                words.Parameters.Add(BareSql.Column(NpgsqlDbType.Text, All<string?>(null)));
                await words.ExecuteNonQueryAsync();
            }

            await using var record = database.CreateCommand(Recording.Sql);
            record.Parameters.Add(BareSql.One(DateTime.UtcNow));
            record.Parameters.Add(BareSql.Column(NpgsqlDbType.Uuid, [.. ids]));
            record.Parameters.Add(BareSql.Column(NpgsqlDbType.Integer, [.. fences]));
            record.Parameters.Add(BareSql.Column(NpgsqlDbType.Smallint, All<short>(0)));
            record.Parameters.Add(BareSql.Column(NpgsqlDbType.Text, All<string?>(null)));
            record.Parameters.Add(BareSql.Column(NpgsqlDbType.Boolean, All(false)));
            record.Parameters.Add(BareSql.Column(NpgsqlDbType.TimestampTz, All<DateTime?>(null)));
            record.Parameters.Add(BareSql.Column(NpgsqlDbType.Double, All<double?>(null)));
            record.Parameters.Add(BareSql.Column(NpgsqlDbType.Double, All<double?>(null)));
            sent += await record.ExecuteNonQueryAsync();
        }
    }

    private static async Task<Section> LatenessAsync(Product product, StampingChannel channel)
    {
        var start = DateTimeOffset.UtcNow.AddSeconds(2);
        var due = new Dictionary<string, DateTimeOffset>();
        var items = new List<NewFollowUp>();
        for (var i = 0; i < Sporadic; i++)
        {
            var user = Samples.NewId("user");
            due[user] = start + Spread * Random.Shared.NextDouble();
            items.Add(
                new()
                {
                    Trigger = FollowUpTrigger.Custom,
                    UserId = user,
                    ScheduledAt = due[user],
                    Message = Samples.Content,
                }
            );
        }

        channel.Handed.Clear();
        await product.Modules.Send(new ScheduleFollowUps(items));
        var late = await Steps.RunAsync(
            $"dispatch: {Sporadic} follow-ups due at random instants in {Spread.TotalSeconds} s",
            Sporadic,
            async tick =>
            {
                using var patience = new CancellationTokenSource(Spread + TimeSpan.FromSeconds(30));
                for (var seen = 0; seen < Sporadic; )
                {
                    await Task.Delay(100, patience.Token);
                    for (; seen < channel.Handed.Count; seen++)
                    {
                        tick();
                    }
                }

                var taken = new Latencies();
                foreach (var (user, at) in channel.Handed)
                {
                    taken.Add((at - due[user]).TotalMilliseconds);
                }

                return taken;
            }
        );
        return new(
            "Handed to the channel after it was due, idle process",
            ["p50 ms", "p99 ms", "p95 ms"],
            [new("lateness", "dispatcher", [late.P50, late.P99, late.P95], Budget.NoMoreThan(8))]
        );
    }

    private const string FillSql = """
        WITH due AS (
            INSERT INTO followups.follow_ups
                (id, trigger, status, scheduled_at, next_at, not_after, created_at, user_id, conversation_id, template_pinned, template_id, message)
            SELECT gen_random_uuid(), 3, 0, at, at, at + interval '7 days', at, gen_random_uuid()::text,
                   CASE WHEN $2 THEN gen_random_uuid()::text END, false, 'custom',
                   'We are looking forward to Friday. Is there anything that we should know about the guests?'
            FROM (SELECT now() - i * interval '1 millisecond' AS at FROM generate_series(1, $1) i) i
            RETURNING user_id
        )
        INSERT INTO followups.recipients (user_id) SELECT user_id FROM due
        """;

    private sealed class StampingChannel : IDeliveryChannel
    {
        public ConcurrentDictionary<string, DateTimeOffset> Handed { get; } = [];

        public string Name => "none";

        public Task<IReadOnlyList<DeliveryResult>> DeliverAsync(
            IReadOnlyList<Delivery> deliveries,
            CancellationToken cancellationToken
        )
        {
            var now = DateTimeOffset.UtcNow;
            foreach (var delivery in deliveries)
            {
                Handed[delivery.UserId] = now;
            }

            return Task.FromResult<IReadOnlyList<DeliveryResult>>([
                .. deliveries.Select(_ => new DeliveryResult(true)),
            ]);
        }
    }
}
