using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace Conversations.Features;

internal sealed class CloseConversationValidator : AbstractValidator<CloseConversation>
{
    public CloseConversationValidator()
    {
        RuleFor(request => request.ConversationId).Custom(MessageRules.IdRule);
        RuleFor(request => request.Reason).Custom(MessageRules.ReasonRule);
    }
}

internal sealed class CloseConversationHandler(
    [FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database,
    TimeProvider clock
) : IRequestHandler<CloseConversation, Conversation?>
{
    public async Task<Conversation?> Handle(CloseConversation request, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Sql);
        command.Parameters.AddWithValue(request.ConversationId);
        command.Parameters.AddWithValue(NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime);
        command.Parameters.AddWithValue(NpgsqlDbType.Text, (object?)request.Reason ?? DBNull.Value);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? ConversationTable.Read(row) : null;
    }

    private const string Sql = $"""
        UPDATE conversations.conversations c
        SET closed_at = coalesce(c.closed_at, $2),
            close_reason = CASE WHEN c.closed_at IS NULL THEN $3 ELSE c.close_reason END,
            reopen_reason = NULL
        WHERE c.id = $1
        RETURNING {ConversationTable.Columns}
        """;
}
