using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Conversations.Features;

internal sealed class GetConversationStatisticsValidator : AbstractValidator<GetConversationStatistics>
{
    public GetConversationStatisticsValidator()
    {
        RuleFor(request => request.UserId).Custom(MessageRules.IdRule).When(request => request.UserId is not null);
        RuleFor(request => request.Days).InclusiveBetween(1, 3660);
    }
}

internal sealed class GetConversationStatisticsHandler(
    [FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database,
    TimeProvider clock
) : IRequestHandler<GetConversationStatistics, ConversationStatistics>
{
    public async Task<ConversationStatistics> Handle(
        GetConversationStatistics request,
        CancellationToken cancellationToken
    )
    {
        var now = Instants.ToMicrosecond(clock.GetUtcNow());
        var since = now.AddDays(-request.Days);
        await using var command = database.CreateCommand(request.UserId is null ? AllSql : UserSql);
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = since.UtcDateTime });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime });
        if (request.UserId is { } user)
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = user });
        }

        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var conversations = row.GetInt64(1);
        var escalated = row.GetInt64(4);
        var channels = new List<ChannelStatistics>();
        var total = new ConversationStatistics
        {
            Since = since,
            Conversations = conversations,
            EscalatedConversations = escalated,
            EscalationRate = conversations == 0 ? 0 : Math.Round((double)escalated / conversations, 6),
            Messages = row.GetInt64(2),
            MessagesByRole = new(row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8)),
            AverageEmotionScore = row.GetFieldValue<double?>(3),
            Channels = channels,
        };
        while (await row.ReadAsync(cancellationToken))
        {
            channels.Add(new(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetFieldValue<double?>(3)));
        }

        return total;
    }

    private const string AllSql = $"{BeforeSql} {AfterSql}";

    private const string UserSql =
        $"{BeforeSql} JOIN conversations.conversations c ON c.id = m.conversation_id AND c.user_id = $3 {AfterSql}";

    // Messages are first counted by conversation and channel: what is told apart afterwards is conversations, not messages. The total comes
    // first, then the channels.
    private const string BeforeSql = """
        SELECT t.channel,
               count(DISTINCT t.conversation_id),
               coalesce(sum(t.messages), 0)::bigint,
               round((sum(t.score) / nullif(sum(t.scored), 0)::float8)::numeric, 12)::float8,
               count(DISTINCT t.conversation_id) FILTER (WHERE c.escalated_at IS NOT NULL),
               coalesce(sum(t.by_user), 0)::bigint,
               coalesce(sum(t.by_assistant), 0)::bigint,
               coalesce(sum(t.by_system), 0)::bigint,
               coalesce(sum(t.by_tool), 0)::bigint
        FROM (
            SELECT m.conversation_id, m.channel, count(*) AS messages, sum(m.score) AS score, count(m.score) AS scored,
                   count(*) FILTER (WHERE m.role = 0) AS by_user,
                   count(*) FILTER (WHERE m.role = 1) AS by_assistant,
                   count(*) FILTER (WHERE m.role = 2) AS by_system,
                   count(*) FILTER (WHERE m.role = 3) AS by_tool
            FROM conversations.messages m
        """;

    private const string AfterSql = $"""
            WHERE {MessageTable.Hour} >= $1 - interval '1 hour' AND m.sent_at >= $1 AND m.sent_at <= $2
            GROUP BY m.conversation_id, m.channel
        ) t
        JOIN conversations.conversations c ON c.id = t.conversation_id
        GROUP BY ROLLUP (t.channel)
        ORDER BY grouping(t.channel) DESC, sum(t.messages) DESC, t.channel
        """;
}
