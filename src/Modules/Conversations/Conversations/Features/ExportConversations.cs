using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace Conversations.Features;

internal sealed class ExportConversationsValidator : AbstractValidator<ExportConversations>
{
    public ExportConversationsValidator()
    {
        RuleFor(request => request.UserId).Custom(MessageRules.IdRule);
        RuleFor(request => request.Limit).InclusiveBetween(1, 200);
    }
}

internal sealed class ExportConversationsHandler(
    [FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database
) : IRequestHandler<ExportConversations, ConversationsExport>
{
    public async Task<ConversationsExport> Handle(ExportConversations request, CancellationToken cancellationToken)
    {
        var after = request.After;
        await using var command = database.CreateCommand(Sql);
        command.Parameters.AddWithValue(request.UserId);
        command.Parameters.AddWithValue(after?.ConversationId ?? "");
        command.Parameters.AddWithValue(
            NpgsqlDbType.TimestampTz,
            (object?)after?.Message?.SentAt.UtcDateTime ?? DBNull.Value
        );
        command.Parameters.AddWithValue(NpgsqlDbType.Uuid, (object?)after?.Message?.Id ?? DBNull.Value);
        command.Parameters.AddWithValue(request.Limit + 1);

        var items = new List<ExportedConversation>();
        var messages = new List<Message>();
        ExportKey? last = null;
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        for (var read = 0; await row.ReadAsync(cancellationToken); read++)
        {
            if (read == request.Limit)
            {
                return new ConversationsExport(items, last);
            }

            if (!row.IsDBNull(MessageTable.ColumnCount))
            {
                messages = [];
                items.Add(new(ConversationTable.Read(row, MessageTable.ColumnCount), messages));
            }

            var conversation = items[^1].Conversation;
            var message = row.IsDBNull(0) ? null : MessageTable.Read(row) with { UserId = conversation.UserId };
            if (message is not null)
            {
                messages.Add(message);
            }

            last = new(conversation.Id, message is null ? null : new(message.SentAt, message.Id));
        }

        return new ConversationsExport(items, null);
    }

    // The conversation comes with the first of its messages alone: its context may be large. The limit inside keeps a page's cost from
    // growing with the conversation.
    private const string Sql = $"""
        WITH page AS MATERIALIZED (
            SELECT c.id AS place, m.*
            FROM conversations.conversations c
            LEFT JOIN LATERAL (
                SELECT *
                FROM conversations.messages m
                WHERE m.conversation_id = c.id
                  AND (m.sent_at, m.id) > (
                      CASE WHEN c.id = $2 THEN $3 ELSE '-infinity' END,
                      CASE WHEN c.id = $2 THEN $4 ELSE '00000000-0000-0000-0000-000000000000' END
                  )
                ORDER BY m.sent_at, m.id
                LIMIT $5
            ) m ON true
            WHERE c.user_id = $1 AND c.id >= $2 AND (c.id > $2 OR m.id IS NOT NULL)
            ORDER BY c.id, m.sent_at, m.id
            LIMIT $5
        )
        SELECT {MessageTable.Columns}, {ConversationTable.Columns}
        FROM (SELECT page.*, row_number() OVER (PARTITION BY place ORDER BY sent_at, id) AS nth FROM page) m
        LEFT JOIN conversations.conversations c ON m.nth = 1 AND c.id = m.place
        ORDER BY m.place, m.sent_at, m.id
        """;
}
