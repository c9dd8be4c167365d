using Benchmarks.Reporting;
using Benchmarks.Stage;
using Benchmarks.Ways;
using Conversations.Contracts;
using FollowUps.Contracts;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Benchmarks.Modes;

// Does an operation cost more when there is more? Two databases, a small and a large one, measured in turn.
internal static class Scale
{
    private const int MessagesInConversation = 20;
    private const int FollowUpsOfUser = 2;
    private const int SmallMessages = 10_000;
    private const int Chunk = 2500;

    // It counts what waits, up to 100 000.
    private const string Counts = "health of the dispatch";

    public static async Task<Section[]> RunAsync(Server server, Arguments arguments)
    {
        var messages = arguments.Small ? 200_000 : 10_000_000;
        var little = await server.NewDatabaseAsync("little");
        var much = await server.NewDatabaseAsync("scale");
        await using var few = await Product.StartAsync(little, SendsWhenTold);
        await using var many = await Product.StartAsync(much, SendsWhenTold);
        await FillAsync(little, SmallMessages);
        await FillAsync(much, messages);

        var inFew = Operations(few.Modules, SmallMessages);
        var inMany = Operations(many.Modules, messages);
        Func<Task>[] runs = [.. inFew.Zip(inMany).SelectMany(pair => new[] { pair.First.Run, pair.Second.Run })];
        var rounds = arguments.Rounds * 10;
        await Latencies.InterleaveAsync(runs, arguments.Rounds, () => { });
        var taken = await Steps.RunAsync(
            $"scale: {rounds} rounds of {inFew.Length} operations in either",
            rounds,
            tick => Latencies.InterleaveAsync(runs, rounds, tick)
        );
        return
        [
            new(
                $"p50 with {messages:#,0} messages and {messages / 10:#,0} follow-ups",
                [$"ms at {SmallMessages:#,0}", "ms", "growth"],
                [
                    .. inFew.Select(
                        (operation, i) =>
                            new Line(
                                operation.Name,
                                "MediatR",
                                [taken[2 * i].P50, taken[2 * i + 1].P50, taken[2 * i + 1].P50 / taken[2 * i].P50],
                                operation.Name == Counts ? null : Budget.NoMoreThan(1.25)
                            )
                    ),
                ]
            ),
        ];
    }

    private static void SendsWhenTold(WebApplicationBuilder builder) =>
        builder.Configuration.AddInMemoryCollection([
            new("Scheduling:Enabled", "false"),
            new("FollowUps:DispatchEnabled", "false"),
        ]);

    private static (string Name, Func<Task> Run)[] Operations(ISender modules, int messages)
    {
        int Any() => Random.Shared.Next(messages / MessagesInConversation);
        string Conversation() => $"conversation-{Any()}";
        string User() => $"user-{Any()}";
        FollowUp? scheduled = null;
        return
        [
            (
                "store",
                () =>
                {
                    var one = Any();
                    return modules.Send(
                        new StoreMessages([Samples.Message($"conversation-{one}", $"user-{one}", Samples.Score())])
                    );
                }
            ),
            (
                "schedule",
                async () =>
                    scheduled =
                        (
                            await modules.Send(
                                new ScheduleFollowUps([
                                    Samples.FollowUp(User(), Conversation()) with
                                    {
                                        EventAt = Samples.EventAt.AddDays(Random.Shared.Next(10_000)),
                                    },
                                ])
                            )
                        )[0].FollowUp
                        ?? scheduled
            ),
            ("cancel", () => modules.Send(new CancelFollowUp(scheduled!.Id))),
            (
                "booking confirmed",
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
            (
                "schedule one that is due, dispatch it",
                async () =>
                {
                    await modules.Send(
                        new ScheduleFollowUps([
                            new()
                            {
                                Trigger = FollowUpTrigger.Custom,
                                UserId = Samples.NewId("user"),
                                ScheduledAt = DateTimeOffset.UtcNow,
                                Message = Samples.Content,
                            },
                        ])
                    );
                    if (await modules.Send(new DispatchDueFollowUps()) is not { Sent: 1 })
                    {
                        throw new InvalidOperationException("The follow-up that was due was not dispatched.");
                    }
                }
            ),
            (Counts, () => modules.Send(new GetDispatchHealth())),
            ("list follow-ups", () => modules.Send(new ListFollowUps(User()))),
            ("emotion history", () => modules.Send(new GetEmotionHistory(Conversation()))),
            ("conversation", () => modules.Send(new GetConversation(Conversation()))),
            ("message history", () => modules.Send(new GetMessages(Conversation(), Newest: true))),
            ("context window", () => modules.Send(new GetContextWindow(Conversation()))),
        ];
    }

    private static async Task FillAsync(string connectionString, int messages)
    {
        var conversations = messages / MessagesInConversation;
        await using var database = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(connectionString) { CommandTimeout = 0 }.ConnectionString
        );
        var chunks = (conversations + Chunk - 1) / Chunk;
        await Steps.RunAsync(
            $"scale: filling {messages:#,0} messages",
            chunks,
            async tick =>
            {
                for (var from = 0; from < conversations; from += Chunk)
                {
                    var to = Math.Min(from + Chunk, conversations) - 1;
                    await RunAsync(database, TalkSql, from, to, MessagesInConversation);
                    await RunAsync(database, FollowUpsSql, from, to, FollowUpsOfUser);
                    tick();
                }

                return true;
            }
        );
        foreach (var settle in new[] { "VACUUM (ANALYZE)", "CHECKPOINT" })
        {
            await RunAsync(database, settle);
        }
    }

    private static async Task RunAsync(NpgsqlDataSource database, string sql, params int[] values)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(BareSql.One(value));
        }

        await command.ExecuteNonQueryAsync();
    }

    private const string TalkSql = """
        WITH said AS (
            INSERT INTO conversations.messages
                (conversation_id, id, user_id, role, content, channel, sent_at, score, label, token_count)
            SELECT 'conversation-' || k, gen_random_uuid(), 'user-' || k, (i % 2)::smallint,
                   'Line ' || i || ' of talk ' || k || ': could the tasting be moved to Friday, and is there a vegan main?', 'web',
                   timestamptz '2026-01-01Z' + k * interval '13 seconds' + i * interval '1 minute',
                   CASE WHEN i % 2 = 0 THEN random() END, CASE WHEN i % 2 = 0 THEN 'joy' END, 28
            FROM generate_series($1, $2) k, generate_series(1, $3) i
            RETURNING conversation_id, id, user_id, sent_at, score
        )
        INSERT INTO conversations.conversations
            (id, user_id, message_count, created_at, last_message_at, last_activity_at, channels, window_at, window_ids, window_scores, average)
        SELECT conversation_id, min(user_id), count(*), min(sent_at), max(sent_at), max(sent_at), array['web'],
               (array_agg(sent_at ORDER BY sent_at DESC) FILTER (WHERE score IS NOT NULL))[1:10],
               (array_agg(id ORDER BY sent_at DESC) FILTER (WHERE score IS NOT NULL))[1:10],
               (array_agg(score ORDER BY sent_at DESC) FILTER (WHERE score IS NOT NULL))[1:10],
               avg(score)
        FROM said
        GROUP BY conversation_id
        """;

    // A tenth of the messages: of each user's, the first is pending and the rest are executed.
    private const string FollowUpsSql = """
        WITH users AS (
            INSERT INTO followups.recipients (user_id) SELECT 'user-' || k FROM generate_series($1, $2) k RETURNING user_id
        )
        INSERT INTO followups.follow_ups
            (id, trigger, status, scheduled_at, next_at, not_after, created_at, executed_at, user_id, template_pinned, template_id)
        SELECT gen_random_uuid(), 0, CASE WHEN i = 1 THEN 0 ELSE 1 END, at, at, at + interval '7 days', at - interval '30 days',
               CASE WHEN i > 1 THEN at END, user_id, false, 'post_event_neutral_emotion'
        FROM users, generate_series(1, $3) i,
             LATERAL (
                 SELECT timestamptz '2031-11-06Z' + random() * interval '300 days' - (i - 1) * interval '2500 days' AS at
             ) due
        """;
}
