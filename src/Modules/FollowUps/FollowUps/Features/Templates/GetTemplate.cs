using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Wording;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FollowUps.Features.Templates;

internal sealed class GetTemplateValidator : AbstractValidator<GetTemplate>
{
    public GetTemplateValidator() =>
        RuleFor(request => request)
            .Custom(
                (request, context) =>
                    TemplateRules.CheckKey(request.Id, request.Locale, request.Channel, context.AddFailure)
            );
}

internal sealed class GetTemplateHandler([FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database)
    : IRequestHandler<GetTemplate, Template?>
{
    public async Task<Template?> Handle(GetTemplate request, CancellationToken cancellationToken)
    {
        if (!BuiltInTemplates.Kinds.ContainsKey(request.Id))
        {
            return null;
        }

        var key = TemplateKey.Of(request.Id, request.Locale, request.Channel);
        await using var command = database.CreateCommand(TemplateTable.InForce);
        command.Parameters.Add(TemplateTable.Ids(key.Id));
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var book = await TemplateBook.ReadAsync(row, cancellationToken);
        return book.Find(key).ToContract();
    }
}
