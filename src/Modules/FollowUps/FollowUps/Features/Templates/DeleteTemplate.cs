using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Scheduling;
using FollowUps.Wording;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FollowUps.Features.Templates;

internal sealed class DeleteTemplateValidator : AbstractValidator<DeleteTemplate>
{
    public DeleteTemplateValidator() =>
        RuleFor(request => request)
            .Custom(
                (request, context) =>
                    TemplateRules.CheckKey(request.Id, request.Locale, request.Channel, context.AddFailure)
            );
}

internal sealed class DeleteTemplateHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    TimeProvider clock
) : IRequestHandler<DeleteTemplate, TemplateWrite?>
{
    public async Task<TemplateWrite?> Handle(DeleteTemplate request, CancellationToken cancellationToken)
    {
        if (!BuiltInTemplates.Kinds.ContainsKey(request.Id))
        {
            return null;
        }

        var key = TemplateKey.Of(request.Id, request.Locale, request.Channel);
        var write = new NpgsqlBatchCommand(DeleteSql);
        TemplateTable.AddKey(write.Parameters, key, request.IfMatch, FollowUpRules.ToMicrosecond(clock.GetUtcNow()));
        return await TemplateTable.ChangeAsync(database, key, write, cancellationToken);
    }

    private const string DeleteSql = $"""
        WITH {TemplateTable.Judged}, ended AS (
            UPDATE followups.templates t SET ended_at = $7
            FROM matching m
            WHERE m.matched AND t.id = $1 AND t.locale = $2 AND t.channel = $3 AND t.ended_at IS NULL
        ), raised AS (
            {TemplateTable.Raise} FROM matching m WHERE m.matched
        )
        SELECT CASE WHEN matched THEN 0 ELSE 1 END FROM matching
        """;
}
