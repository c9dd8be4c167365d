using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Conversations.Features;

internal sealed class GetConversationValidator : AbstractValidator<GetConversation>
{
    public GetConversationValidator() => RuleFor(request => request.ConversationId).Custom(MessageRules.IdRule);
}

internal sealed class GetConversationHandler(
    [FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database
) : IRequestHandler<GetConversation, Conversation?>
{
    public async Task<Conversation?> Handle(GetConversation request, CancellationToken cancellationToken)
    {
        await using var command = Command(database, request);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? ConversationTable.Read(row) : null;
    }

    public static NpgsqlCommand Command(NpgsqlDataSource database, GetConversation request)
    {
        var command = database.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = request.ConversationId });
        return command;
    }

    private const string Sql = $"SELECT {ConversationTable.Columns} FROM conversations.conversations c WHERE c.id = $1";
}
