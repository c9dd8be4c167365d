using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Conversations.Features;

internal sealed class GetContextWindowValidator : AbstractValidator<GetContextWindow>
{
    public GetContextWindowValidator()
    {
        RuleFor(request => request.ConversationId).Custom(MessageRules.IdRule);
        RuleFor(request => request.MaxTokens).InclusiveBetween(1, 2_000_000);
    }
}

internal sealed class GetContextWindowHandler(
    [FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database,
    IOptions<ConversationsOptions> options
) : IRequestHandler<GetContextWindow, ContextWindow?>
{
    public async Task<ContextWindow?> Handle(GetContextWindow request, CancellationToken cancellationToken)
    {
        await using var command = Command(database, request, options.Value);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var known = false;
        var items = new List<Message>();
        while (await row.ReadAsync(cancellationToken))
        {
            known = true;
            if (!row.IsDBNull(1))
            {
                items.Add(MessageTable.Read(row, 1) with { UserId = row.TextOrNull(0) });
            }
        }

        if (!known)
        {
            return null;
        }

        items = ToolExchanges.Whole(items);
        return new ContextWindow(items, items.Sum(m => (long)m.TokenCount));
    }

    public static NpgsqlCommand Command(
        NpgsqlDataSource database,
        GetContextWindow request,
        ConversationsOptions options
    )
    {
        var command = database.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = request.ConversationId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = request.MaxTokens });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = request.KeepSystem });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = options.MaxContextMessages });
        return command;
    }

    // Steps down the history from its newest message until the budget is spent, so that what a long conversation said before is never read.
    // $2 tokens, $3 system messages first, $4 messages at most.
    private const string Sql = $"""
        WITH RECURSIVE system AS (
            SELECT NULL::timestamptz AS sent_at, NULL::uuid AS id, 0::bigint AS tokens, 0::bigint AS place
            UNION ALL
            SELECT m.sent_at, m.id, s.tokens + m.token_count, s.place + 1
            FROM system s
            CROSS JOIN LATERAL (
                SELECT m.sent_at, m.id, m.token_count
                FROM conversations.messages m
                WHERE $3 AND m.conversation_id = $1 AND m.role = 2
                  AND (m.sent_at, m.id) < (coalesce(s.sent_at, 'infinity'), coalesce(s.id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
                ORDER BY m.sent_at DESC, m.id DESC
                LIMIT 1
            ) m
            WHERE s.place < $4 AND s.tokens + m.token_count <= $2
        ),
        kept AS (SELECT max(tokens) AS tokens, max(place) AS place FROM system),
        newest AS (
            SELECT NULL::timestamptz AS sent_at, NULL::uuid AS id, tokens, place FROM kept
            UNION ALL
            SELECT m.sent_at, m.id, n.tokens + m.token_count, n.place + 1
            FROM newest n
            CROSS JOIN LATERAL (
                SELECT m.sent_at, m.id, m.token_count
                FROM conversations.messages m
                WHERE m.conversation_id = $1 AND NOT ($3 AND m.role = 2)
                  AND (m.sent_at, m.id) < (coalesce(n.sent_at, 'infinity'), coalesce(n.id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
                ORDER BY m.sent_at DESC, m.id DESC
                LIMIT 1
            ) m
            WHERE n.place < $4 AND n.tokens + m.token_count <= $2
        )
        SELECT c.user_id, {MessageTable.Columns}
        FROM conversations.conversations c
        LEFT JOIN (
            (SELECT id FROM system UNION ALL SELECT id FROM newest) fit
            JOIN conversations.messages m ON fit.id IS NOT NULL AND m.conversation_id = $1 AND m.id = fit.id
        ) ON true
        WHERE c.id = $1
        ORDER BY m.sent_at, m.id
        """;
}
