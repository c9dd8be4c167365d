using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Conversations.Features;

internal sealed class ResolveEscalationValidator : AbstractValidator<ResolveEscalation>
{
    public ResolveEscalationValidator() => RuleFor(request => request.ConversationId).Custom(MessageRules.IdRule);
}

internal sealed class ResolveEscalationHandler(
    [FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database,
    IPublisher publisher,
    TimeProvider clock
) : IRequestHandler<ResolveEscalation, Conversation?>
{
    public async Task<Conversation?> Handle(ResolveEscalation request, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Sql);
        command.Parameters.AddWithValue(request.ConversationId);

        if (await command.ReadChangedAsync(cancellationToken) is not { } answer)
        {
            return null;
        }

        if (answer.Changed)
        {
            await publisher.Publish(
                new EscalationResolved(
                    answer.Conversation.Id,
                    answer.Conversation.UserId,
                    Instants.ToMicrosecond(clock.GetUtcNow())
                ),
                cancellationToken
            );
        }

        return answer.Conversation;
    }

    private const string Sql = $"""
        UPDATE conversations.conversations c
        SET escalated_at = NULL, escalation_reason = NULL
        FROM {ConversationTable.Locked} was
        WHERE c.id = was.id
        RETURNING {ConversationTable.Columns}, was.escalated_at IS NOT NULL
        """;
}
