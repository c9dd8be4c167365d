using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Conversations.Features;

internal sealed class IsConversationErasedValidator : AbstractValidator<IsConversationErased>
{
    public IsConversationErasedValidator() => RuleFor(request => request.ConversationId).Custom(MessageRules.IdRule);
}

internal sealed class IsConversationErasedHandler(
    [FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database,
    TombstoneKeys tombstones
) : IRequestHandler<IsConversationErased, bool>
{
    public async Task<bool> Handle(IsConversationErased request, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT EXISTS (SELECT FROM conversations.erased e WHERE e.key = $1)"
        );
        command.Parameters.Add(
            new NpgsqlParameter<byte[]> { TypedValue = tombstones.OfConversation(request.ConversationId) }
        );
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
