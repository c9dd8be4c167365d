using System.Collections.Concurrent;
using System.Diagnostics;
using Benchmarks.Reporting;
using Benchmarks.Stage;
using Benchmarks.Ways;
using FollowUps.Contracts;
using FollowUps.Delivery;
using FollowUps.Dispatch;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

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
                            await RateAsync(database, false, () => BareAsync(product)),
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
                    ],
                    Budget.NoLessThan(10_000)
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

    // The statements that a batch cannot do without, and nothing between them: no mood, no template, no channel, no stored text.
    private static async Task<int> BareAsync(Product product)
    {
        var claims = product.Services.GetRequiredService<Claims>();
        var attempts = product.Services.GetRequiredService<WritingDown>();
        var recording = product.Services.GetRequiredService<Recording>();
        var route = product.Services.GetRequiredService<Channels>().For(null, null);
        var sent = 0;
        while (await claims.TakeAsync(TimeSpan.Zero, CancellationToken.None) is { Claims: { Count: > 0 } taken })
        {
            var outcomes = taken
                .Select(claim => new Outcome(claim, OutcomeKind.Sent)
                {
                    Route = route,
                    TemplateId = "custom",
                    Body = Samples.Content,
                })
                .ToList();
            outcomes = await attempts.WriteDownAsync(outcomes, CancellationToken.None);
            await recording.RecordAsync(outcomes);
            sent += outcomes.Count;
        }

        return sent;
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
