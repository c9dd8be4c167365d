using System.Diagnostics;
using Benchmarks.Reporting;
using Benchmarks.Stage;
using Benchmarks.Ways;
using Conversations.Contracts;
using FollowUps.Contracts;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Benchmarks.Modes;

// What a single write costs this process: memory that it allocates and time of its processors, without PostgreSQL's.
internal static class Cost
{
    private const int Writes = 500;

    public static async Task<Section[]> RunAsync(Server server, Arguments arguments)
    {
        var connectionString = await server.NewDatabaseAsync("cost");
        await using var database = NpgsqlDataSource.Create(connectionString);
        // Nothing but what is measured.
        await using var product = await Product.StartAsync(
            connectionString,
            builder =>
                builder.Configuration.AddInMemoryCollection([
                    new("Scheduling:Enabled", "false"),
                    new("FollowUps:DispatchEnabled", "false"),
                ])
        );
        var bare = new BareSql(database);
        using var rest = new RawHttp(product.Http.BaseAddress!);
        var (conversation, user) = (Samples.NewId("conversation"), Samples.NewId("user"));
        await bare.StoreAsync(conversation, user, 0.5);

        (string Operation, string Way, Func<Task> Write)[] writes =
        [
            ("store", "bare SQL", () => bare.StoreAsync(conversation, user, 0.5)),
            (
                "store",
                "MediatR",
                () => product.Modules.Send(new StoreMessages([Samples.Message(conversation, user, 0.5)]))
            ),
            (
                "store",
                "REST",
                () =>
                    rest.PostAsync(
                        $"/api/v1/conversations/{conversation}/messages",
                        $$$"""{"userId":"{{{user}}}","role":"user","content":"{{{Samples.Content}}}","channel":"web","emotion":{"score":0.5,"label":"joy"}}"""
                    )
            ),
            ("schedule", "bare SQL", () => bare.ScheduleAsync(Samples.NewId("user"), conversation)),
            (
                "schedule",
                "MediatR",
                () =>
                    product.Modules.Send(new ScheduleFollowUps([Samples.FollowUp(Samples.NewId("user"), conversation)]))
            ),
            (
                "schedule",
                "REST",
                () =>
                    rest.PostAsync(
                        "/api/v1/follow-ups",
                        $$"""{"trigger":"post_event","userId":"{{Samples.NewId("user")}}","conversationId":"{{conversation}}","eventAt":"2031-11-05T18:00:00Z"}"""
                    )
            ),
        ];

        var rounds = Math.Max(3, arguments.Rounds / 4);
        var costs = await Steps.RunAsync(
            $"cost: {rounds} rounds of {Writes} writes each way",
            rounds,
            async tick =>
            {
                var all = writes.Select(_ => new List<(double Bytes, double Microseconds)>()).ToArray();
                for (var round = -1; round < rounds; round++)
                {
                    for (var way = 0; way < writes.Length; way++)
                    {
                        var cost = await MeasureAsync(writes[way].Write);
                        // The first round compiles.
                        if (round >= 0)
                        {
                            all[way].Add(cost);
                        }
                    }

                    if (round >= 0)
                    {
                        tick();
                    }
                }

                return all;
            }
        );
        return
        [
            new(
                "Cost of a single write here, PostgreSQL's not counted",
                ["KB allocated", "us of processor"],
                [
                    .. writes.Select(
                        (write, i) =>
                            new Line(
                                write.Operation,
                                write.Way,
                                [
                                    Throughput.Median(costs[i].Select(c => c.Bytes / 1000)),
                                    Throughput.Median(costs[i].Select(c => c.Microseconds)),
                                ]
                            )
                    ),
                ]
            ),
        ];
    }

    private static async Task<(double Bytes, double Microseconds)> MeasureAsync(Func<Task> write)
    {
        using var self = Process.GetCurrentProcess();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var worked = self.TotalProcessorTime;
        for (var i = 0; i < Writes; i++)
        {
            await write();
        }

        self.Refresh();
        return (
            (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)Writes,
            (self.TotalProcessorTime - worked).TotalMicroseconds / Writes
        );
    }
}
