using Conversations.Features;
using FollowUps.Scheduling;
using Npgsql;
using NpgsqlTypes;

namespace Benchmarks.Ways;

// The statements of the modules, word for word, with nothing around them but Npgsql.
internal sealed class BareSql(NpgsqlDataSource database)
{
    private static readonly byte[] Hash = System.Security.Cryptography.SHA256.HashData(
        System.Text.Encoding.UTF8.GetBytes(Samples.Content)
    );

    public async Task SelectOneAsync()
    {
        await using var command = database.CreateCommand("SELECT 1");
        await command.ExecuteScalarAsync();
    }

    public async Task StoreAsync(string conversation, string user, double score)
    {
        var now = DateTime.UtcNow;
        var id = Guid.CreateVersion7();
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(StoreMessagesHandler.InsertSql)
            {
                Parameters =
                {
                    One(now),
                    One(Guid.CreateVersion7()),
                    Column<string>(NpgsqlDbType.Text, conversation),
                    Column(NpgsqlDbType.Uuid, id),
                    Column<string>(NpgsqlDbType.Text, user),
                    Column<short>(NpgsqlDbType.Smallint, 0),
                    Column<string>(NpgsqlDbType.Text, Samples.Content),
                    Column<string>(NpgsqlDbType.Text, "web"),
                    Column(NpgsqlDbType.TimestampTz, now),
                    Column(NpgsqlDbType.Double, score),
                    Column<string>(NpgsqlDbType.Text, "joy"),
                    Column<string?>(NpgsqlDbType.Jsonb, [null]),
                    Column<string?>(NpgsqlDbType.Jsonb, [null]),
                    Column<int?>(NpgsqlDbType.Integer, [null]),
                    Column<int?>(NpgsqlDbType.Integer, [null]),
                    Column(NpgsqlDbType.Integer, 28),
                    Column<string?>(NpgsqlDbType.Jsonb, [null]),
                    Column<string?>(NpgsqlDbType.Jsonb, [null]),
                    One<int[]>([Random.Shared.Next(64)]),
                },
            }
        );
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(StoreMessagesHandler.VerifySql)
            {
                Parameters =
                {
                    Column<string>(NpgsqlDbType.Text, conversation),
                    Column(NpgsqlDbType.Uuid, id),
                    Column<string>(NpgsqlDbType.Text, user),
                    Column<short>(NpgsqlDbType.Smallint, 0),
                    Column<byte[]>(NpgsqlDbType.Bytea, Hash),
                    Column<string>(NpgsqlDbType.Text, "web"),
                    Column<DateTime?>(NpgsqlDbType.TimestampTz, [null]),
                    Column(NpgsqlDbType.Double, score),
                    Column<string>(NpgsqlDbType.Text, "joy"),
                    Column<string?>(NpgsqlDbType.Jsonb, [null]),
                    Column<byte[]>(NpgsqlDbType.Bytea, Hash),
                    Column<byte[]>(NpgsqlDbType.Bytea, Hash),
                },
            }
        );
        await DrainAsync(await batch.ExecuteReaderAsync());
    }

    public async Task ScheduleAsync(string user, string conversation)
    {
        var moods = MoodsAsync(user, conversation);
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(ScheduleWrite.LockSql)
            {
                Parameters = { Column<string>(NpgsqlDbType.Text, user), Column<byte[]>(NpgsqlDbType.Bytea, Hash) },
            }
        );
        batch.BatchCommands.Add(Schedule(ScheduleWrite.InsertSql, [user], [conversation]));
        await DrainAsync(await batch.ExecuteReaderAsync());
        await moods;
    }

    // The parameters of ScheduleWrite.InsertSql for post-event follow-ups.
    public static NpgsqlBatchCommand Schedule(string sql, string[] users, string?[] conversations)
    {
        T[] All<T>(T value) => Enumerable.Repeat(value, users.Length).ToArray();
        var eventAt = Samples.EventAt.UtcDateTime;
        return new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                One(DateTime.UtcNow),
                One(TimeSpan.FromHours(24)),
                One(TimeSpan.FromDays(30)),
                One(TimeSpan.FromDays(7)),
                One(10),
                One(Enumerable.Repeat(TimeSpan.FromDays(7), 4).ToArray()),
                Column(NpgsqlDbType.Integer, Enumerable.Range(0, users.Length).ToArray()),
                Column(NpgsqlDbType.Uuid, Array.ConvertAll(users, _ => Guid.CreateVersion7())),
                Column(NpgsqlDbType.Smallint, All<short>(0)),
                Column(NpgsqlDbType.TimestampTz, All(eventAt.AddDays(1))),
                None(NpgsqlDbType.Array | NpgsqlDbType.TimestampTz),
                Column(NpgsqlDbType.TimestampTz, All<DateTime?>(eventAt)),
                None(NpgsqlDbType.Array | NpgsqlDbType.TimestampTz),
                Column(NpgsqlDbType.Text, users),
                Column(NpgsqlDbType.Text, conversations),
                None(NpgsqlDbType.Array | NpgsqlDbType.Text),
                None(NpgsqlDbType.Array | NpgsqlDbType.Text),
                Column(NpgsqlDbType.Boolean, All(false)),
                Column(NpgsqlDbType.Text, All("post_event_neutral_emotion")),
                Column(NpgsqlDbType.Smallint, All<short?>(1)),
                None(NpgsqlDbType.Array | NpgsqlDbType.Text),
                None(NpgsqlDbType.Array | NpgsqlDbType.Jsonb),
                Column(NpgsqlDbType.Bytea, All(Hash)),
                None(NpgsqlDbType.Array | NpgsqlDbType.Time),
                None(NpgsqlDbType.Array | NpgsqlDbType.Smallint),
                None(NpgsqlDbType.Array | NpgsqlDbType.Text),
                None(NpgsqlDbType.TimestampTz),
            },
        };
    }

    public static NpgsqlParameter<T> One<T>(T value) => new() { TypedValue = value };

    public static NpgsqlParameter None(NpgsqlDbType type) => new() { Value = DBNull.Value, NpgsqlDbType = type };

    public static NpgsqlParameter<T[]> Column<T>(NpgsqlDbType type, params T[] values) =>
        new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };

    public static async Task DrainAsync(NpgsqlDataReader reader)
    {
        await using (reader)
        {
            do
            {
                while (await reader.ReadAsync()) { }
            } while (await reader.NextResultAsync());
        }
    }

    private async Task MoodsAsync(string user, string conversation)
    {
        await using var command = database.CreateCommand(GetMoodsHandler.Sql);
        command.Parameters.Add(Column<string>(NpgsqlDbType.Text, user));
        command.Parameters.Add(Column<string>(NpgsqlDbType.Text, conversation));
        await DrainAsync(await command.ExecuteReaderAsync());
    }
}
