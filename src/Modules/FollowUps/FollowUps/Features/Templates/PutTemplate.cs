using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Scheduling;
using FollowUps.Wording;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Templates;

internal sealed class PutTemplateValidator : AbstractValidator<PutTemplate>
{
    public PutTemplateValidator() =>
        RuleFor(request => request).Custom((request, context) => TemplateRules.Check(request, context.AddFailure));
}

internal sealed class PutTemplateHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    IOptions<FollowUpsOptions> options,
    TimeProvider clock
) : IRequestHandler<PutTemplate, TemplateWrite?>
{
    public async Task<TemplateWrite?> Handle(PutTemplate request, CancellationToken cancellationToken)
    {
        if (!BuiltInTemplates.Kinds.ContainsKey(request.Id))
        {
            return null;
        }

        var key = TemplateKey.Of(request.Id, request.Locale, request.Channel);
        var now = FollowUpRules.ToMicrosecond(clock.GetUtcNow());
        var write = new NpgsqlBatchCommand(PutSql);
        TemplateTable.AddKey(write.Parameters, key, request.IfMatch, now);
        write.Parameters.Add(new() { Value = options.Value.MaxTemplateOverrides });
        write.Parameters.Add(
            new() { Value = (object?)request.Subject ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text }
        );
        write.Parameters.Add(new() { Value = request.Body });
        write.Parameters.Add(Columns.Of((request.Variables ?? []).Distinct(StringComparer.Ordinal), NpgsqlDbType.Text));
        return await TemplateTable.ChangeAsync(database, key, write, cancellationToken);
    }

    // The count of what ended is taken before anything is added: of one kind a single text is in force at any moment.
    private const string PutSql = $"""
        WITH {TemplateTable.Judged}, judged AS MATERIALIZED (
            SELECT CASE
                WHEN NOT matched THEN 1
                WHEN own IS NULL AND (SELECT count(*) FROM followups.templates t WHERE t.ended_at IS NULL) >= $8 THEN 2
                ELSE 0
            END AS outcome, own
            FROM matching
        ), ended AS (
            UPDATE followups.templates t SET ended_at = $7
            FROM judged j
            WHERE j.outcome = 0 AND t.id = $1 AND t.locale = $2 AND t.channel = $3 AND t.ended_at IS NULL
              AND (t.subject, t.body, t.variables) IS DISTINCT FROM ($9, $10, $11)
            RETURNING t.version
        ), added AS (
            INSERT INTO followups.templates (id, locale, channel, version, subject, body, variables, updated_at)
            SELECT $1, $2, $3, coalesce((
                    SELECT max(t.version) FROM followups.templates t WHERE t.id = $1 AND t.locale = $2 AND t.channel = $3
                ), 0) + 1, $9, $10, $11, $7
            FROM judged j
            WHERE j.outcome = 0 AND ((SELECT count(*) FROM ended) = 1 OR j.own IS NULL)
        ), raised AS (
            {TemplateTable.Raise} FROM judged j WHERE j.outcome = 0
        )
        SELECT outcome FROM judged
        """;
}
