using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Wording;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Templates;

internal sealed class ListTemplateVersionsValidator : AbstractValidator<ListTemplateVersions>
{
    public ListTemplateVersionsValidator()
    {
        RuleFor(request => request)
            .Custom(
                (request, context) =>
                    TemplateRules.CheckKey(request.Id, request.Locale, request.Channel, context.AddFailure)
            );
        RuleFor(request => request.Limit).InclusiveBetween(1, 200);
    }
}

internal sealed class ListTemplateVersionsHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database
) : IRequestHandler<ListTemplateVersions, TemplateVersionPage?>
{
    public async Task<TemplateVersionPage?> Handle(ListTemplateVersions request, CancellationToken cancellationToken)
    {
        if (!BuiltInTemplates.Kinds.ContainsKey(request.Id))
        {
            return null;
        }

        var key = TemplateKey.Of(request.Id, request.Locale, request.Channel);
        await using var command = database.CreateCommand(Sql);
        command.Parameters.Add(new() { Value = key.Id });
        command.Parameters.Add(new() { Value = key.Locale ?? "" });
        command.Parameters.Add(new() { Value = key.Channel ?? "" });
        command.Parameters.Add(
            new() { Value = (object?)request.After?.Version ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer }
        );
        command.Parameters.Add(new() { Value = request.Limit + 1 });
        var items = new List<TemplateVersion>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            if (items.Count == request.Limit)
            {
                return new TemplateVersionPage(items, new TemplateVersionKey(items[^1].Version));
            }

            items.Add(Read(row));
        }

        return new TemplateVersionPage(items, null);
    }

    private static TemplateVersion Read(NpgsqlDataReader row) =>
        new(
            row.GetInt32(0),
            row.IsDBNull(1) ? null : row.GetString(1),
            row.GetString(2),
            row.GetFieldValue<string[]>(3),
            row.GetFieldValue<DateTimeOffset>(4),
            row.IsDBNull(5) ? null : row.GetFieldValue<DateTimeOffset>(5)
        );

    private const string Sql = """
        SELECT t.version, t.subject, t.body, t.variables, t.updated_at, t.ended_at
        FROM followups.templates t
        WHERE t.id = $1 AND t.locale = $2 AND t.channel = $3 AND ($4 IS NULL OR t.version < $4)
        ORDER BY t.version DESC
        LIMIT $5
        """;
}
