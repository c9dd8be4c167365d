using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Wording;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FollowUps.Features.Templates;

internal sealed class ListTemplatesHandler([FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database)
    : IRequestHandler<ListTemplates, TemplateList>
{
    public async Task<TemplateList> Handle(ListTemplates request, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(TemplateTable.InForce);
        command.Parameters.Add(TemplateTable.Ids([.. BuiltInTemplates.Kinds.Keys]));
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var book = await TemplateBook.ReadAsync(row, cancellationToken);
        return new TemplateList([.. book.InForce.Select(text => text.ToContract())], TemplateVariables.Known);
    }
}
