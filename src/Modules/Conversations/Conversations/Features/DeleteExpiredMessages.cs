using Conversations.Contracts;
using Conversations.Data;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Conversations.Features;

internal sealed class DeleteExpiredMessagesHandler(
    [FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database,
    IOptions<ConversationsOptions> options,
    TimeProvider clock
) : IRequestHandler<DeleteExpiredMessages, DeletedMessages>
{
    public async Task<DeletedMessages> Handle(DeleteExpiredMessages request, CancellationToken cancellationToken)
    {
        if (options.Value.MessageRetention is not { } retention)
        {
            return new DeletedMessages(0, false);
        }

        var before = (clock.GetUtcNow() - retention).UtcDateTime;
        var deleted = 0L;
        while (deleted < options.Value.RetentionRunSize)
        {
            var size = (int)Math.Min(options.Value.RetentionBatchSize, options.Value.RetentionRunSize - deleted);
            await using var command = database.CreateCommand(Sql);
            command.Parameters.AddWithValue(NpgsqlDbType.TimestampTz, before);
            command.Parameters.AddWithValue(size);
            var found = await command.ExecuteNonQueryAsync(cancellationToken);
            deleted += found;
            if (found < size)
            {
                return new DeletedMessages(deleted, false);
            }
        }

        return new DeletedMessages(deleted, true);
    }

    // By the hour, which is indexed.
    private const string Sql = $"""
        WITH expired AS (
            SELECT m.conversation_id, m.id
            FROM conversations.messages m
            WHERE {MessageTable.Hour} <= $1 AND m.sent_at < $1
            ORDER BY {MessageTable.Hour}
            LIMIT $2
            FOR UPDATE SKIP LOCKED
        )
        DELETE FROM conversations.messages m
        USING expired e
        WHERE m.conversation_id = e.conversation_id AND m.id = e.id
        """;
}
