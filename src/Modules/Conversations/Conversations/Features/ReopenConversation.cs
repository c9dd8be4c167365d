using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace Conversations.Features;

internal sealed class ReopenConversationValidator : AbstractValidator<ReopenConversation>
{
    public ReopenConversationValidator()
    {
        RuleFor(request => request.ConversationId).Custom(MessageRules.IdRule);
        RuleFor(request => request.Reason).Custom(MessageRules.ReasonRule);
    }
}

internal sealed class ReopenConversationHandler(
    [FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database
) : IRequestHandler<ReopenConversation, Conversation?>
{
    public async Task<Conversation?> Handle(ReopenConversation request, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Sql);
        command.Parameters.AddWithValue(request.ConversationId);
        command.Parameters.AddWithValue(NpgsqlDbType.Text, (object?)request.Reason ?? DBNull.Value);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? ConversationTable.Read(row) : null;
    }

    private const string Sql = $"""
        UPDATE conversations.conversations c
        SET closed_at = NULL,
            close_reason = NULL,
            reopen_reason = CASE WHEN c.closed_at IS NULL THEN c.reopen_reason ELSE $2 END
        WHERE c.id = $1
        RETURNING {ConversationTable.Columns}
        """;
}
