using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Conversations.Features;

internal sealed class EraseConversationsValidator : AbstractValidator<EraseConversations>
{
    public EraseConversationsValidator() => RuleFor(request => request.UserId).Custom(MessageRules.IdRule);
}

internal sealed class EraseConversationsHandler(
    [FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database,
    TombstoneKeys tombstones,
    TimeProvider clock
) : IRequestHandler<EraseConversations, ErasedConversations>
{
    public async Task<ErasedConversations> Handle(EraseConversations request, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var key = tombstones.OfUser(request.UserId);
        var messages = new NpgsqlBatchCommand(DeleteMessagesSql) { Parameters = { Value(request.UserId) } };
        var conversations = new NpgsqlBatchCommand(DeleteConversationsSql)
        {
            Parameters = { Value(request.UserId), Value(tombstones.InnerPad), Value(tombstones.OuterPad), Value(now) },
        };

        // One transaction, and one crossing: nothing of a batch is kept unless all of it is.
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(ErasedTable.LockForErasing) { Parameters = { Value(ErasedTable.Stripe(key)) } }
        );
        batch.BatchCommands.Add(new NpgsqlBatchCommand(BurySql) { Parameters = { Value(key), Value(now) } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(LockSql) { Parameters = { Value(request.UserId) } });
        batch.BatchCommands.Add(messages);
        batch.BatchCommands.Add(conversations);
        await batch.ExecuteNonQueryAsync(cancellationToken);

        return new ErasedConversations(conversations.RecordsAffected, messages.RecordsAffected);
    }

    private static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };

    private const string BurySql =
        "INSERT INTO conversations.erased (key, erased_at) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";

    // In key order, as all writers do. The statements after this one see what it had to wait for; a message that waits for one of these
    // rows finds its tombstone.
    private const string LockSql = """
        SELECT count(*)
        FROM (SELECT FROM conversations.conversations WHERE user_id = $1 ORDER BY id FOR UPDATE) locked
        """;

    private const string DeleteMessagesSql = """
        DELETE FROM conversations.messages m
        USING conversations.conversations c
        WHERE c.user_id = $1 AND m.conversation_id = c.id
        """;

    // The same keyed hash as TombstoneKeys makes, here because only the database knows the conversations.
    private const string DeleteConversationsSql = """
        WITH gone AS (DELETE FROM conversations.conversations WHERE user_id = $1 RETURNING id)
        INSERT INTO conversations.erased (key, erased_at)
        SELECT sha256($3 || sha256($2 || convert_to('conversation:' || id, 'UTF8'))), $4 FROM gone
        """;
}
