using Npgsql;

namespace Benchmarks.Ways;

// The system that this one replaces, query by query: its tables and indexes, SELECT *, and a transaction with a crossing for BEGIN and one for
// COMMIT around every step, as asyncpg under SQLAlchemy sends them. Nine crossings of 214 ms are the 1931 ms that it needed for a follow-up.
internal sealed class ReferenceSystem(NpgsqlDataSource database)
{
    public async Task CreateAsync()
    {
        await using var create = database.CreateCommand(Tables);
        await create.ExecuteNonQueryAsync();
    }

    public async Task StoreAsync(string conversation, string user, double score)
    {
        var id = Guid.NewGuid();
        await using var connection = await database.OpenConnectionAsync();
        await Run(connection, "BEGIN");
        if (await Read(connection, "SELECT * FROM ai_conversations WHERE id = $1", conversation) == 0)
        {
            await Run(
                connection,
                "INSERT INTO ai_conversations (id, user_id, channel, started_at, last_message_at) VALUES ($1, $2, 'web', now(), now())",
                conversation,
                user
            );
        }

        await Run(
            connection,
            """
            INSERT INTO ai_messages (id, conversation_id, role, content, timestamp, channel, emotion_score, emotion_label)
            VALUES ($1, $2, 'user', $3, clock_timestamp(), 'web', $4, 'joy')
            """,
            id,
            conversation,
            Samples.Content,
            score
        );
        var scores = new List<double>();
        await Read(
            connection,
            "SELECT emotion_score FROM ai_messages WHERE conversation_id = $1 AND emotion_score IS NOT NULL ORDER BY timestamp DESC LIMIT 10",
            row => scores.Add(row.GetDouble(0)),
            conversation
        );
        await Run(
            connection,
            "UPDATE ai_conversations SET average_emotion_score = $2, emotion_trend = $3, last_message_at = now() WHERE id = $1",
            conversation,
            scores.Average(),
            "stable"
        );
        await Read(connection, "SELECT * FROM ai_messages WHERE id = $1", id);
        await Run(connection, "COMMIT");
    }

    public async Task ScheduleAsync(string user, string conversation, DateTime eventAt)
    {
        await using var connection = await database.OpenConnectionAsync();
        await Run(connection, "BEGIN");
        await Read(
            connection,
            """
            SELECT * FROM scheduled_followups
            WHERE user_id = $1 AND trigger_type = $2 AND status = 'pending' AND scheduled_at >= $3 AND scheduled_at <= $4
            """,
            user,
            "post_event",
            eventAt,
            eventAt.AddDays(2)
        );
        await Run(connection, "COMMIT");

        await Run(connection, "BEGIN");
        await Read(
            connection,
            """
            SELECT id, conversation_id, role, content, timestamp, message_metadata, channel, emotion_score, emotion_label, detected_emotions,
                   input_tokens, output_tokens, tool_calls, tool_results
            FROM ai_messages
            WHERE conversation_id = $1 AND emotion_score IS NOT NULL
            ORDER BY timestamp DESC
            LIMIT 5
            """,
            conversation
        );
        await Run(connection, "COMMIT");

        await Run(connection, "BEGIN");
        await Run(
            connection,
            """
            INSERT INTO scheduled_followups
                (id, user_id, conversation_id, trigger_type, status, scheduled_at, template_id, message_content, created_at)
            VALUES ($1, $2, $3, 'post_event', 'pending', $4, 'post_event_neutral_emotion', $5, now())
            """,
            Guid.NewGuid(),
            user,
            conversation,
            eventAt.AddDays(1),
            Samples.Content
        );
        await Run(connection, "COMMIT");
    }

    private static async Task Run(NpgsqlConnection connection, string sql, params object[] values)
    {
        await using var command = Command(connection, sql, values);
        await command.ExecuteNonQueryAsync();
    }

    private static Task<int> Read(NpgsqlConnection connection, string sql, params object[] values) =>
        Read(connection, sql, row => row.GetValues(new object[row.FieldCount]), values);

    private static async Task<int> Read(
        NpgsqlConnection connection,
        string sql,
        Action<NpgsqlDataReader> take,
        params object[] values
    )
    {
        await using var command = Command(connection, sql, values);
        await using var row = await command.ExecuteReaderAsync();
        var rows = 0;
        for (; await row.ReadAsync(); rows++)
        {
            take(row);
        }

        return rows;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, object[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return command;
    }

    private const string Tables = """
        CREATE TABLE ai_conversations (
            id text PRIMARY KEY, user_id text, channel text NOT NULL, started_at timestamptz NOT NULL, last_message_at timestamptz NOT NULL,
            is_active boolean NOT NULL DEFAULT true, context jsonb, average_emotion_score float8, emotion_trend text,
            escalated boolean NOT NULL DEFAULT false);
        CREATE INDEX idx_ai_conversations_user ON ai_conversations (user_id);
        CREATE TABLE ai_messages (
            id uuid PRIMARY KEY, conversation_id text NOT NULL REFERENCES ai_conversations (id), role text NOT NULL, content text NOT NULL,
            timestamp timestamptz NOT NULL, message_metadata jsonb, channel text NOT NULL, emotion_score float8, emotion_label text,
            detected_emotions jsonb, input_tokens int, output_tokens int, tool_calls jsonb, tool_results jsonb);
        CREATE INDEX idx_ai_messages_emotion_history ON ai_messages (conversation_id, emotion_score, timestamp);
        CREATE TABLE scheduled_followups (
            id uuid PRIMARY KEY, user_id text NOT NULL, conversation_id text, booking_id text, trigger_type text NOT NULL, status text NOT NULL,
            scheduled_at timestamptz NOT NULL, template_id text, message_content text, followup_metadata jsonb, created_at timestamptz NOT NULL,
            executed_at timestamptz, error_message text);
        CREATE INDEX idx_scheduled_followups_user ON scheduled_followups (user_id);
        CREATE INDEX idx_scheduled_followups_status ON scheduled_followups (status);
        CREATE INDEX idx_scheduled_followups_scheduled_at ON scheduled_followups (scheduled_at);
        """;
}
