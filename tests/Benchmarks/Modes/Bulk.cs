using System.Diagnostics;
using Benchmarks.Reporting;
using Benchmarks.Stage;
using Benchmarks.Ways;
using Conversations.Contracts;
using FollowUps.Contracts;
using Npgsql;
using NpgsqlTypes;

namespace Benchmarks.Modes;

// Batches, one after another, against the least that PostgreSQL needs to put the same rows into tables with the same indexes.
internal static class Bulk
{
    private const int PerConversation = 10;

    public static async Task<Section[]> RunAsync(Server server, Arguments arguments)
    {
        var connectionString = await server.NewDatabaseAsync("bulk");
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var product = await Product.StartAsync(connectionString);
        await using (var create = database.CreateCommand(Tables))
        {
            await create.ExecuteNonQueryAsync();
        }

        var lines = new List<Line>();
        foreach (var size in new[] { 1000, 10_000 })
        {
            var rounds = Math.Max(3, arguments.Rounds * 1000 / size);
            lines.AddRange(
                await CompareAsync(
                    $"store {size}",
                    rounds,
                    size,
                    ("COPY", () => CopyAsync(database, size)),
                    ("MediatR", () => product.Modules.Send(new StoreMessages([.. Messages(size)]))),
                    Budget.NoLessThan(0.45)
                )
            );
            lines.AddRange(
                await CompareAsync(
                    $"schedule {size}",
                    rounds,
                    size,
                    ("plain insert", () => InsertAsync(database, size)),
                    ("MediatR", () => product.Modules.Send(new ScheduleFollowUps([.. FollowUps(size)]))),
                    Budget.NoLessThan(0.5)
                )
            );
        }

        return [new("Bulk, one batch after another", ["rows per second", "of bare"], lines)];
    }

    private static async Task<Line[]> CompareAsync(
        string operation,
        int rounds,
        int size,
        (string Way, Func<Task> Run) bare,
        (string Way, Func<Task> Run) ours,
        Budget budget
    )
    {
        await bare.Run();
        await ours.Run();
        var rates = await Steps.RunAsync(
            $"bulk: {rounds} rounds of {operation}",
            rounds,
            async tick =>
            {
                var taken = new List<(double Bare, double Ours)>();
                for (var round = 0; round < rounds; round++)
                {
                    // Each goes first as often as the other.
                    var first = await RateAsync(size, round % 2 == 0 ? bare.Run : ours.Run);
                    var second = await RateAsync(size, round % 2 == 0 ? ours.Run : bare.Run);
                    taken.Add(round % 2 == 0 ? (first, second) : (second, first));
                    tick();
                }

                return taken;
            }
        );
        return
        [
            new(operation, bare.Way, [Throughput.Median(rates.Select(rate => rate.Bare)), 1]),
            new(
                operation,
                ours.Way,
                [
                    Throughput.Median(rates.Select(rate => rate.Ours)),
                    Throughput.Median(rates.Select(rate => rate.Ours / rate.Bare)),
                ],
                budget
            ),
        ];
    }

    private static async Task<double> RateAsync(int size, Func<Task> run)
    {
        var started = Stopwatch.GetTimestamp();
        await run();
        return size / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static IEnumerable<NewMessage> Messages(int size)
    {
        for (var i = 0; i < size; i += PerConversation)
        {
            var (conversation, user) = (Samples.NewId("conversation"), Samples.NewId("user"));
            for (var said = 0; said < PerConversation; said++)
            {
                yield return Samples.Message(conversation, user, Samples.Score());
            }
        }
    }

    private static IEnumerable<NewFollowUp> FollowUps(int size) =>
        Enumerable.Range(0, size).Select(_ => Samples.FollowUp(Samples.NewId("user"), Samples.NewId("conversation")));

    private static async Task CopyAsync(NpgsqlDataSource database, int size)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var copy = await connection.BeginBinaryImportAsync(
            """
            COPY bare.messages (conversation_id, id, user_id, role, content, channel, sent_at, score, label, token_count)
            FROM STDIN (FORMAT BINARY)
            """
        );
        foreach (var message in Messages(size))
        {
            await copy.StartRowAsync();
            await copy.WriteAsync(message.ConversationId, NpgsqlDbType.Text);
            await copy.WriteAsync(Guid.CreateVersion7(), NpgsqlDbType.Uuid);
            await copy.WriteAsync(message.UserId!, NpgsqlDbType.Text);
            await copy.WriteAsync((short)0, NpgsqlDbType.Smallint);
            await copy.WriteAsync(message.Content!, NpgsqlDbType.Text);
            await copy.WriteAsync(message.Channel!, NpgsqlDbType.Text);
            await copy.WriteAsync(DateTime.UtcNow, NpgsqlDbType.TimestampTz);
            await copy.WriteAsync(message.Emotion!.Score!.Value, NpgsqlDbType.Double);
            await copy.WriteAsync(message.Emotion.Label!, NpgsqlDbType.Text);
            await copy.WriteAsync(28, NpgsqlDbType.Integer);
        }

        await copy.CompleteAsync();
    }

    private static async Task InsertAsync(NpgsqlDataSource database, int size)
    {
        var followUps = FollowUps(size).ToArray();
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(
            BareSql.Schedule(
                PlainInsert,
                Array.ConvertAll(followUps, f => f.UserId),
                Array.ConvertAll(followUps, f => f.ConversationId)
            )
        );
        await batch.ExecuteNonQueryAsync();
    }

    private const string Tables = """
        CREATE SCHEMA bare;
        CREATE TABLE bare.messages (LIKE conversations.messages INCLUDING ALL);
        CREATE TABLE bare.follow_ups (LIKE followups.follow_ups INCLUDING ALL) WITH (fillfactor = 50);
        """;

    // The parameters are those of the guarded statement; the conditions name those that have no column, so that all are typed.
    private const string PlainInsert = """
        INSERT INTO bare.follow_ups
            (id, trigger, status, scheduled_at, next_at, not_after, created_at, event_at, last_activity_at, user_id, conversation_id,
             booking_id, dedupe_key, template_pinned, template_id, mood, message, variables)
        SELECT id, trigger, 0, scheduled_at, scheduled_at, coalesce(not_after, scheduled_at + $6[trigger + 1]), $1, event_at, last_activity_at, user_id,
               conversation_id, booking_id, dedupe_key, pinned, template_id, mood, message, variables
        FROM unnest($7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
             AS u(ord, id, trigger, scheduled_at, not_after, event_at, last_activity_at, user_id, conversation_id, booking_id, dedupe_key,
                  pinned, template_id, mood, message, variables)
        WHERE ($2::interval, $3::interval, $4::interval, $5::int) IS NOT NULL
        """;
}
