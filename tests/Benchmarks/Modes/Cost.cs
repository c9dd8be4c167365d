using System.Diagnostics;
using Benchmarks.Reporting;
using Benchmarks.Stage;
using Benchmarks.Ways;
using Conversations.Contracts;
using Conversations.Features;
using FollowUps.Contracts;
using FollowUps.Features.Scheduling;
using LinqToDB;
using MediatR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Benchmarks.Modes;

// What a single call costs this process: memory that it allocates and time of its processors, without PostgreSQL's.
internal static class Cost
{
    private const int Calls = 500;
    private const int MessagesRead = 20;
    private const int FollowUpsRead = 8;

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

        (string Operation, string Way, Func<Task> Run)[] writes =
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
        return
        [
            await CompareAsync("Cost of a single write here, PostgreSQL's not counted", writes, rounds),
            await CompareAsync(
                "Cost of a read here, PostgreSQL's not counted",
                await ReadsAsync(product, database, conversation, user),
                rounds
            ),
        ];
    }

    // The bare way is the query's own text, its rows fetched but not read.
    private static async Task<(string Operation, string Way, Func<Task> Run)[]> ReadsAsync(
        Product product,
        NpgsqlDataSource database,
        string conversation,
        string user
    )
    {
        await product.Modules.Send(
            new StoreMessages([
                .. Enumerable
                    .Range(0, MessagesRead)
                    .Select(_ => Samples.Message(conversation, user, Samples.Score()) with { Channel = "web" }),
            ])
        );
        await product.Modules.Send(
            new ScheduleFollowUps([
                .. Enumerable
                    .Range(0, FollowUpsRead)
                    .Select(day =>
                        Samples.FollowUp(user, conversation) with
                        {
                            EventAt = Samples.EventAt.AddDays(2 * day),
                        }
                    ),
            ])
        );
        await using var conversations = product.Services.GetRequiredService<Conversations.Data.TablesFactory>().Open();
        await using var followUps = product.Services.GetRequiredService<FollowUps.Data.TablesFactory>().Open();
        (string Operation, string Way, Func<Task> Run)[] Read<T>(
            string operation,
            IQueryable<T> query,
            IBaseRequest request
        )
        {
            var sql = query.ToSqlQuery();
            return
            [
                (
                    operation,
                    "bare SQL",
                    async () =>
                    {
                        await using var command = database.CreateCommand(sql.Sql);
                        foreach (var parameter in sql.Parameters)
                        {
                            command.Parameters.Add(new NpgsqlParameter(parameter.Name, parameter.Value));
                        }

                        await BareSql.DrainAsync(await command.ExecuteReaderAsync());
                    }
                ),
                (operation, "MediatR", () => product.Modules.Send((object)request)),
            ];
        }

        var history = new GetEmotionHistory(conversation);
        var messages = new GetMessages(conversation, Newest: true);
        var timeline = new GetUserMessages(user, Newest: true);
        var talks = new ListConversations(user);
        var listed = new ListFollowUps(user);
        return
        [
            .. Read("emotion history", GetEmotionHistoryHandler.Query(conversations, history), history),
            .. Read("messages of a conversation", GetMessagesHandler.Query(conversations, messages), messages),
            .. Read("messages of a customer", GetUserMessagesHandler.Query(conversations, timeline), timeline),
            .. Read("list of conversations", ListConversationsHandler.Query(conversations, talks), talks),
            .. Read("list of follow-ups", ListFollowUpsHandler.Query(followUps, listed), listed),
        ];
    }

    private static async Task<Section> CompareAsync(
        string title,
        (string Operation, string Way, Func<Task> Run)[] ways,
        int rounds
    )
    {
        var costs = await Steps.RunAsync(
            $"cost: {rounds} rounds of {Calls} calls each way",
            rounds,
            async tick =>
            {
                var all = ways.Select(_ => new List<(double Bytes, double Microseconds)>()).ToArray();
                for (var round = -1; round < rounds; round++)
                {
                    for (var way = 0; way < ways.Length; way++)
                    {
                        var cost = await MeasureAsync(ways[way].Run);
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
        return new(
            title,
            ["KB allocated", "us of processor"],
            [
                .. ways.Select(
                    (way, i) =>
                        new Line(
                            way.Operation,
                            way.Way,
                            [
                                Throughput.Median(costs[i].Select(c => c.Bytes / 1000)),
                                Throughput.Median(costs[i].Select(c => c.Microseconds)),
                            ]
                        )
                ),
            ]
        );
    }

    private static async Task<(double Bytes, double Microseconds)> MeasureAsync(Func<Task> call)
    {
        using var self = Process.GetCurrentProcess();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var worked = self.TotalProcessorTime;
        for (var i = 0; i < Calls; i++)
        {
            await call();
        }

        self.Refresh();
        return (
            (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)Calls,
            (self.TotalProcessorTime - worked).TotalMicroseconds / Calls
        );
    }
}
