using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace Conversations.Features;

internal sealed class EscalateConversationValidator : AbstractValidator<EscalateConversation>
{
    public EscalateConversationValidator()
    {
        RuleFor(request => request.ConversationId).Custom(MessageRules.IdRule);
        RuleFor(request => request.Reason).Custom(MessageRules.ReasonRule);
    }
}

internal sealed class EscalateConversationHandler(
    [FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database,
    IPublisher publisher,
    TimeProvider clock
) : IRequestHandler<EscalateConversation, Conversation?>
{
    public async Task<Conversation?> Handle(EscalateConversation request, CancellationToken cancellationToken)
    {
        var now = Instants.ToMicrosecond(clock.GetUtcNow());
        await using var command = database.CreateCommand(Sql);
        command.Parameters.AddWithValue(request.ConversationId);
        command.Parameters.AddWithValue(NpgsqlDbType.TimestampTz, now.UtcDateTime);
        command.Parameters.AddWithValue(NpgsqlDbType.Text, (object?)request.Reason ?? DBNull.Value);

        if (await command.ReadChangedAsync(cancellationToken) is not { } answer)
        {
            return null;
        }

        if (answer.Changed)
        {
            await publisher.Publish(
                new ConversationEscalated(answer.Conversation.Id, answer.Conversation.UserId, request.Reason, now),
                cancellationToken
            );
        }

        return answer.Conversation;
    }

    private const string Sql = $"""
        UPDATE conversations.conversations c
        SET escalated_at = coalesce(c.escalated_at, $2),
            escalation_reason = CASE WHEN c.escalated_at IS NULL THEN $3 ELSE c.escalation_reason END
        FROM {ConversationTable.Locked} was
        WHERE c.id = was.id
        RETURNING {ConversationTable.Columns}, was.escalated_at IS NULL
        """;
}
