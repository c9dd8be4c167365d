using System.Net.Http.Json;
using Benchmarks.Reporting;
using Benchmarks.Stage;
using Benchmarks.Ways;
using Conversations.Contracts;
using FollowUps.Contracts;
using Npgsql;

namespace Benchmarks.Modes;

// Every operation over a link whose round trip dwarfs all else: time divided by that of SELECT 1 is the number of crossings.
internal static class RoundTrips
{
    private const int WarmUp = 3;

    // One crossing, and a tenth for the work itself; a thousand rows are more work than that.
    private static readonly Budget OneCrossing = Budget.NoMoreThan(1.1);

    public static async Task<Section[]> RunAsync(Server server, Arguments arguments)
    {
        using var link = new DelayProxy(server.Port);
        var far = new NpgsqlConnectionStringBuilder(await server.NewDatabaseAsync("rtt")) { Port = link.Port };
        await using var database = NpgsqlDataSource.Create(far.ConnectionString);
        await using var product = await Product.StartAsync(far.ConnectionString);
        var reference = new ReferenceSystem(database);
        await reference.CreateAsync();
        var bare = new BareSql(database);
        var modules = product.Modules;

        var user = Samples.NewId("user");
        var conversation = Samples.NewId("conversation");
        for (var i = 0; i < 10; i++)
        {
            await reference.StoreAsync(conversation, user, Samples.Score());
            await modules.Send(new StoreMessages([Samples.Message(conversation, user, Samples.Score())]));
        }

        Task<HttpResponseMessage> Post(string path, object body) => product.Http.PostAsJsonAsync(path, body);
        async Task Done(Task<HttpResponseMessage> answer) => (await answer).EnsureSuccessStatusCode().Dispose();
        FollowUp? scheduled = null;

        (string Operation, string Way, Budget? Budget, Func<Task> Run)[] ways =
        [
            ("select 1", "bare SQL", null, bare.SelectOneAsync),
            ("store", "reference", null, () => reference.StoreAsync(conversation, user, Samples.Score())),
            ("store", "bare SQL", OneCrossing, () => bare.StoreAsync(conversation, user, Samples.Score())),
            (
                "store",
                "MediatR",
                OneCrossing,
                () => modules.Send(new StoreMessages([Samples.Message(conversation, user, Samples.Score())]))
            ),
            (
                "store",
                "REST",
                OneCrossing,
                () =>
                    Done(
                        Post(
                            $"/api/v1/conversations/{conversation}/messages",
                            new
                            {
                                userId = user,
                                role = "user",
                                content = Samples.Content,
                                channel = "web",
                                emotion = new { score = 0.5, label = "joy" },
                            }
                        )
                    )
            ),
            (
                "store 1000",
                "MediatR",
                null,
                () =>
                    modules.Send(
                        new StoreMessages([
                            .. Enumerable
                                .Range(0, 1000)
                                .Select(_ => Samples.Message(conversation, user, Samples.Score())),
                        ])
                    )
            ),
            (
                "schedule",
                "reference",
                null,
                () => reference.ScheduleAsync(Samples.NewId("user"), conversation, Samples.EventAt.UtcDateTime)
            ),
            ("schedule", "bare SQL", OneCrossing, () => bare.ScheduleAsync(Samples.NewId("user"), conversation)),
            (
                "schedule",
                "MediatR",
                OneCrossing,
                async () =>
                    scheduled = (
                        await modules.Send(
                            new ScheduleFollowUps([Samples.FollowUp(Samples.NewId("user"), conversation)])
                        )
                    )[0].FollowUp
            ),
            (
                "schedule",
                "REST",
                OneCrossing,
                () =>
                    Done(
                        Post(
                            "/api/v1/follow-ups",
                            new
                            {
                                trigger = "post_event",
                                userId = Samples.NewId("user"),
                                conversationId = conversation,
                                eventAt = Samples.EventAt,
                            }
                        )
                    )
            ),
            (
                "schedule 1000",
                "MediatR",
                null,
                () =>
                    modules.Send(
                        new ScheduleFollowUps([
                            .. Enumerable
                                .Range(0, 1000)
                                .Select(_ => Samples.FollowUp(Samples.NewId("user"), conversation)),
                        ])
                    )
            ),
            (
                "booking confirmed",
                "MediatR",
                OneCrossing,
                () =>
                    modules.Send(
                        new ConfirmBooking(
                            Samples.NewId("booking"),
                            Samples.NewId("user"),
                            Samples.NewId("conversation"),
                            Samples.EventAt
                        )
                    )
            ),
            ("emotion history", "MediatR", OneCrossing, () => modules.Send(new GetEmotionHistory(conversation))),
            ("list follow-ups", "MediatR", OneCrossing, () => modules.Send(new ListFollowUps(user))),
            ("cancel", "MediatR", OneCrossing, () => modules.Send(new CancelFollowUp(scheduled!.Id))),
        ];

        var runs = Array.ConvertAll(ways, way => way.Run);
        await Latencies.InterleaveAsync(runs, WarmUp, () => { });
        link.RoundTrip = TimeSpan.FromMilliseconds(arguments.RoundTrip);
        var taken = await Steps.RunAsync(
            $"rtt: {arguments.Rounds} rounds of {ways.Length} operations at {arguments.RoundTrip} ms",
            arguments.Rounds,
            tick => Latencies.InterleaveAsync(runs, arguments.Rounds, tick)
        );
        link.RoundTrip = TimeSpan.Zero;

        return
        [
            new(
                $"Over a link of {arguments.RoundTrip} ms",
                ["p50 ms", "p95 ms", "p99 ms", "round trips"],
                [
                    .. ways.Zip(
                        taken,
                        (way, times) =>
                            new Line(
                                way.Operation,
                                way.Way,
                                [times.P50, times.P95, times.P99, times.P50 / taken[0].P50],
                                way.Budget
                            )
                    ),
                ]
            ),
        ];
    }
}
