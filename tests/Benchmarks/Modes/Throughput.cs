using System.Diagnostics;
using Benchmarks.Reporting;
using Benchmarks.Stage;
using Benchmarks.Ways;
using Conversations.Contracts;
using FollowUps.Contracts;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Benchmarks.Modes;

// Single writes from 16 loops at once, and from one and from a crowd that are joined or not; each way gets a second in turn.
internal static class Throughput
{
    private const int Loops = 16;
    private const int Crowd = 64;
    private const int MessagesInConversation = 20;
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);

    public static async Task<Section[]> RunAsync(Server server, Arguments arguments)
    {
        var connectionString = await server.NewDatabaseAsync("throughput");
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var product = await Product.StartAsync(connectionString);
        // The same on a second Host that joins nothing: what the layers cost, and what joining gives.
        await using var apart = await Product.StartAsync(
            connectionString,
            builder => builder.Configuration.AddInMemoryCollection([new("Coalescing:Enabled", "false")])
        );
        var reference = new ReferenceSystem(database);
        await reference.CreateAsync();
        var bare = new BareSql(database);

        var known = await KnownConversationsAsync(product, reference);
        string Known() => known[Random.Shared.Next(known.Length)];
        Func<int, Task> Store(Product way, int loops) =>
            Talk(
                loops,
                (conversation, user) =>
                    way.Modules.Send(new StoreMessages([Samples.Message(conversation, user, Samples.Score())]))
            );
        Func<int, Task> Schedule(Product way, int loops) =>
            _ => way.Modules.Send(new ScheduleFollowUps([Samples.FollowUp(Samples.NewId("user"), Known())]));
        Func<int, Task>[] store =
        [
            Talk(Loops, (conversation, user) => reference.StoreAsync(conversation, user, Samples.Score())),
            Talk(Loops, (conversation, user) => bare.StoreAsync(conversation, user, Samples.Score())),
            Store(apart, Loops),
            Store(product, Loops),
        ];
        Func<int, Task>[] schedule =
        [
            _ => reference.ScheduleAsync(Samples.NewId("user"), Known(), Samples.EventAt.UtcDateTime),
            _ => bare.ScheduleAsync(Samples.NewId("user"), Known()),
            Schedule(apart, Loops),
            Schedule(product, Loops),
        ];

        var rounds = Math.Max(2, arguments.Rounds / 4);
        return
        [
            new(
                $"{Loops} loops",
                ["per second", "x reference", "of bare SQL"],
                [.. await CompareAsync("store", store, rounds), .. await CompareAsync("schedule", schedule, rounds)]
            ),
            new(
                "Single writes joined while one is in flight",
                ["per second", "x alone"],
                [
                    .. await JoinAsync("store", loops => [Store(apart, loops), Store(product, loops)], rounds),
                    .. await JoinAsync("schedule", loops => [Schedule(apart, loops), Schedule(product, loops)], rounds),
                ]
            ),
        ];
    }

    private static async Task<List<Line>> JoinAsync(string operation, Func<int, Func<int, Task>[]> ways, int rounds)
    {
        var lines = new List<Line>();
        foreach (var loops in (int[])[1, Crowd])
        {
            var title = $"{operation}, {loops} callers";
            var rates = await RatesAsync(title, ways(loops), rounds, loops);
            lines.Add(new(title, "each alone", [Median(rates.Select(rate => rate[0])), 1]));
            lines.Add(
                new(
                    title,
                    "joined",
                    [Median(rates.Select(rate => rate[1])), Median(rates.Select(rate => rate[1] / rate[0]))],
                    // Alone nobody waits: the p50 of one caller is the inverse of its rate.
                    Budget.NoLessThan(loops == 1 ? 0.95 : 2)
                )
            );
        }

        return lines;
    }

    // Ratios are taken within a round and their median is told: a round shares its disturbances.
    private static async Task<Line[]> CompareAsync(string operation, Func<int, Task>[] ways, int rounds)
    {
        var rates = await RatesAsync(operation, ways, rounds, Loops);
        Line Of(string way, int at, Budget? budget = null) =>
            new(
                operation,
                way,
                [
                    Median(rates.Select(rate => rate[at])),
                    Median(rates.Select(rate => rate[at] / rate[0])),
                    Median(rates.Select(rate => rate[at] / rate[1])),
                ],
                budget
            );
        return
        [
            Of("reference", 0),
            Of("bare SQL", 1),
            Of("MediatR, each alone", 2, Budget.NoLessThan(0.8)),
            Of("MediatR, joined", 3, Budget.NoLessThan(0.8)),
        ];
    }

    private static async Task<List<double[]>> RatesAsync(
        string operation,
        Func<int, Task>[] ways,
        int rounds,
        int loops
    )
    {
        foreach (var way in ways)
        {
            await RateAsync(way, loops);
        }

        return await Steps.RunAsync(
            $"throughput: {rounds} rounds of {operation}",
            rounds,
            async tick =>
            {
                var taken = new List<double[]>();
                for (var round = 0; round < rounds; round++)
                {
                    var rate = new double[ways.Length];
                    for (var way = 0; way < ways.Length; way++)
                    {
                        rate[way] = await RateAsync(ways[way], loops);
                    }

                    taken.Add(rate);
                    tick();
                }

                return taken;
            }
        );
    }

    private static async Task<double> RateAsync(Func<int, Task> way, int loops)
    {
        var started = Stopwatch.GetTimestamp();
        var done = await Task.WhenAll(
            Enumerable
                .Range(0, loops)
                .Select(loop =>
                    Task.Run(async () =>
                    {
                        var count = 0;
                        for (; Stopwatch.GetElapsedTime(started) < Slice; count++)
                        {
                            await way(loop);
                        }

                        return count;
                    })
                )
        );
        return done.Sum() / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    // A loop talks in one conversation for a while, then in a new one.
    private static Func<int, Task> Talk(int loops, Func<string, string, Task> store)
    {
        var said = new int[loops];
        var place = new (string Conversation, string User)[loops];
        return loop =>
        {
            if (said[loop]++ % MessagesInConversation == 0)
            {
                place[loop] = (Samples.NewId("conversation"), Samples.NewId("user"));
            }

            return store(place[loop].Conversation, place[loop].User);
        };
    }

    private static async Task<string[]> KnownConversationsAsync(Product product, ReferenceSystem reference)
    {
        var known = Enumerable.Range(0, 200).Select(_ => Samples.NewId("conversation")).ToArray();
        foreach (var conversation in known)
        {
            var user = Samples.NewId("user");
            var scores = Enumerable.Range(0, 10).Select(_ => Samples.Score()).ToArray();
            await product.Modules.Send(
                new StoreMessages([.. scores.Select(score => Samples.Message(conversation, user, score))])
            );
            foreach (var score in scores)
            {
                await reference.StoreAsync(conversation, user, score);
            }
        }

        return known;
    }

    public static double Median(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToArray();
        return sorted.Length % 2 == 1
            ? sorted[sorted.Length / 2]
            : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
