using System.Net.Http.Json;
using System.Text.Json;
using Testing;

namespace Host.Tests.Telemetry;

// On volume and in one order: first as it should be, then with an index gone.
public sealed class PlansTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_query_uses_what_it_was_built_on_and_a_dropped_index_is_named_with_its_cure()
    {
        var small = await PlansAsync();
        await FillAsync();
        var large = await PlansAsync();

        foreach (var plans in new[] { small, large })
        {
            Assert.All(Of(plans, "queries"), query => Assert.Null(query.GetProperty("advice").GetString()));
            Assert.True(plans.GetProperty("healthy").GetBoolean());
            Assert.Equal(["conversations", "followups"], Of(plans, "queries").Select(Module).Distinct());
        }

        Assert.All(Of(large, "queries"), query => Assert.NotEmpty(query.GetProperty("indexesUsed").EnumerateArray()));
        var history = Query(large, "emotion_history");
        Assert.Equal("ix_messages_emotion_history", history.GetProperty("indexesUsed")[0].GetString());
        Assert.Equal(
            (true, null),
            (history.GetProperty("indexOnly").GetBoolean(), history.GetProperty("note").GetString())
        );

        await host.ExecuteAsync("DROP INDEX conversations.ix_messages_emotion_history");
        var without = await PlansAsync();

        var advice = Query(without, "emotion_history").GetProperty("advice").GetString()!;
        Assert.False(without.GetProperty("healthy").GetBoolean());
        Assert.False(Query(without, "emotion_history").GetProperty("healthy").GetBoolean());
        Assert.StartsWith(
            "Index ix_messages_emotion_history is missing. Run: CREATE INDEX CONCURRENTLY",
            advice,
            StringComparison.Ordinal
        );
        Assert.Equal(
            ("missing", advice),
            (
                Index(without, "ix_messages_emotion_history").GetProperty("status").GetString(),
                Index(without, "ix_messages_emotion_history").GetProperty("advice").GetString()
            )
        );

        await host.ExecuteAsync(advice[(advice.IndexOf("Run: ", StringComparison.Ordinal) + 5)..]);

        Assert.True((await PlansAsync()).GetProperty("healthy").GetBoolean());
    }

    [Fact]
    public async Task Keys_and_indexes_of_the_host_that_are_gone_are_named_with_their_cure_too()
    {
        // A database of its own: how much the other test leaves in its tables decides what PostgreSQL chooses.
        await using var host = new HostFixture();
        await host.InitializeAsync();
        (string Schema, string Table, string Key)[] keys =
        [
            ("conversations", "conversations", "pk_conversations"),
            ("conversations", "messages", "pk_messages"),
            ("conversations", "erased", "pk_erased"),
            ("conversations", "erasure_key", "pk_erasure_key"),
            ("followups", "bookings", "pk_bookings"),
            ("followups", "recipients", "pk_recipients"),
            ("followups", "refusals", "pk_refusals"),
            ("followups", "follow_ups", "pk_follow_ups"),
            ("followups", "outbox", "pk_outbox"),
            ("followups", "pauses", "pk_pauses"),
            ("followups", "templates", "pk_templates"),
            ("followups", "template_revision", "pk_template_revision"),
            ("followups", "unsubscribe_key", "pk_unsubscribe_key"),
            ("access", "answers", "answers_pkey"),
            ("access", "api_keys", "api_keys_pkey"),
            ("scheduler", "firings", "firings_pkey"),
        ];
        foreach (var (schema, table, key) in keys)
        {
            await host.ExecuteAsync($"ALTER TABLE {schema}.{table} DROP CONSTRAINT {key}");
        }

        await host.ExecuteAsync("DROP INDEX access.ix_answers_expired");

        var plans = await PlansAsync(host);

        var missing = Of(plans, "indexes")
            .Where(index => index.GetProperty("status").GetString() == "missing")
            .ToList();
        Assert.False(plans.GetProperty("healthy").GetBoolean());
        Assert.Equal(
            keys.Select(key => (key.Schema, key.Key)).Append(("access", "ix_answers_expired")).Order(),
            missing.Select(index => (Module(index)!, index.GetProperty("index").GetString()!)).Order()
        );
        Assert.NotEmpty(Of(plans, "queries"));
        foreach (var index in missing)
        {
            var advice = index.GetProperty("advice").GetString()!;
            await host.ExecuteAsync(advice[(advice.IndexOf("Run: ", StringComparison.Ordinal) + 5)..]);
        }

        Assert.True((await PlansAsync(host)).GetProperty("healthy").GetBoolean());
    }

    private Task<JsonElement> PlansAsync() => PlansAsync(host);

    private static Task<JsonElement> PlansAsync(HostFixture host) =>
        host.Http.GetFromJsonAsync<JsonElement>("/api/v1/performance/plans", Token);

    private static JsonElement.ArrayEnumerator Of(JsonElement plans, string list) =>
        plans.GetProperty(list).EnumerateArray();

    private static string? Module(JsonElement query) => query.GetProperty("module").GetString();

    private static JsonElement Query(JsonElement plans, string name) =>
        Of(plans, "queries").Single(query => query.GetProperty("query").GetString() == name);

    private static JsonElement Index(JsonElement plans, string name) =>
        Of(plans, "indexes").Single(index => index.GetProperty("index").GetString() == name);

    private async Task FillAsync()
    {
        // VACUUM marks no page all-visible whose commits may still be lost.
        foreach (var statement in (string[])[MessagesSql, ConversationsSql, RecipientsSql, BookingsSql, FollowUpsSql])
        {
            await host.ExecuteAsync($"SET synchronous_commit TO on; {statement}");
        }

        await host.ExecuteAsync("VACUUM ANALYZE");
    }

    private const string MessagesSql = """
        INSERT INTO conversations.messages (conversation_id, id, sent_at, role, channel, content, score, token_count)
        SELECT 'c-' || i % 15000, gen_random_uuid(), now() - i * interval '40 s', (i / 15000 % 2)::smallint, 'web', 'Is it on?', i % 100 / 100.0, 10
        FROM generate_series(1, 60000) i
        """;

    private const string ConversationsSql = """
        INSERT INTO conversations.conversations
            (id, user_id, message_count, created_at, last_message_at, last_activity_at, dropped_at, channels, window_at, window_ids, window_scores)
        SELECT conversation_id, 'u-' || conversation_id, count(*), min(sent_at), max(sent_at), max(sent_at), CASE WHEN min(score) < 0.1 THEN max(sent_at) END,
               array['web'], array[now()], array[gen_random_uuid()], array[0.5]
        FROM conversations.messages
        GROUP BY conversation_id
        """;

    private const string RecipientsSql = """
        INSERT INTO followups.recipients (user_id) SELECT 'u-' || i FROM generate_series(1, 20000) i
        """;

    private const string BookingsSql = """
        INSERT INTO followups.bookings (booking_id, user_id, state, event_at, occurred_at, moved_at, recorded_at)
        SELECT 'b-' || i, 'u-' || i, (i % 5)::smallint, now() + i * interval '1 min', now(), now(), now() FROM generate_series(1, 20000) i
        """;

    private const string FollowUpsSql = """
        INSERT INTO followups.follow_ups
            (id, trigger, status, scheduled_at, next_at, not_after, created_at, executed_at, user_id, booking_id, template_pinned)
        SELECT gen_random_uuid(), (i % 4)::smallint, CASE WHEN i % 5 = 0 THEN 1 ELSE 0 END, now() + i * interval '1 min', now() + i * interval '1 min',
               now() + i * interval '2 min', now(), CASE WHEN i % 5 = 0 THEN now() - i * interval '1 min' END, 'u-' || i % 20000, CASE WHEN i % 4 = 0 THEN 'b-' || i END, false
        FROM generate_series(1, 40000) i
        """;
}
