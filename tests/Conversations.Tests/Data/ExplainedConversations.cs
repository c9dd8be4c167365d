using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Testing;

namespace Conversations.Tests.Data;

public sealed class ExplainedConversations() : ExplainedModule("conversations")
{
    protected override IEnumerable<string> Fill => [MessagesSql, ConversationsSql];

    protected override void Add(IServiceCollection services, IConfiguration configuration) =>
        services
            .AddConversationsModule(configuration)
            .Configure<ConversationsOptions>(options => options.MessageRetention = TimeSpan.FromDays(31))
            .AddMediatR(mediator => mediator.RegisterServicesFromAssembly(typeof(ConversationsModule).Assembly));

    protected override Task MigrateAsync(NpgsqlDataSource owner) =>
        ConversationsModule.MigrateConversationsAsync(owner, TestContext.Current.CancellationToken);

    // 40 000 conversations; most customers have 4, `busy` has 2000. One conversation is long: 20 000 messages.
    private const string MessagesSql = """
        INSERT INTO conversations.messages (conversation_id, id, sent_at, role, channel, content, score, token_count)
        SELECT CASE WHEN i % 10 = 0 THEN 'long' ELSE 'c-' || i % 40000 END, gen_random_uuid(), now() - i * interval '13 s',
               (i / 40000 % 2)::smallint, (array['web', 'sms', 'whatsapp'])[1 + i % 3],
               'Is tasting ' || i % 997 || ' still on for ' || (array['Friday', 'Monday'])[1 + i % 2] || '?',
               CASE WHEN i % 2 = 0 THEN i % 100 / 100.0 END, 10
        FROM generate_series(1, 200000) i
        """;

    private const string ConversationsSql = """
        INSERT INTO conversations.conversations
            (id, user_id, message_count, created_at, last_message_at, last_activity_at, escalated_at, dropped_at, average, channels, window_at,
             window_ids, window_scores)
        SELECT m.conversation_id,
               CASE WHEN m.number < 2000 THEN 'busy' ELSE 'u-' || m.number % 10000 END,
               count(*), min(m.sent_at), max(m.sent_at), max(m.sent_at), CASE WHEN m.number % 1000 = 1 THEN now() END,
               CASE WHEN m.number % 100 = 1 THEN max(m.sent_at) END, 0.5, array_agg(DISTINCT m.channel),
               array[now()], array[gen_random_uuid()], array[0.5]
        FROM (SELECT *, coalesce(substring(conversation_id FROM 3)::int, 0) AS number FROM conversations.messages WHERE conversation_id <> 'long'
              UNION ALL
              SELECT *, 9999 FROM conversations.messages WHERE conversation_id = 'long') m
        GROUP BY m.conversation_id, m.number
        """;
}
