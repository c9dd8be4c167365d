using System.Text.Json;
using Conversations.Contracts;
using FluentValidation;
using Fluid.Values;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Scheduling;
using FollowUps.Wording;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Templates;

internal sealed class PreviewTemplateValidator : AbstractValidator<PreviewTemplate>
{
    public PreviewTemplateValidator()
    {
        RuleFor(request => request)
            .Custom(
                (request, context) =>
                {
                    TemplateRules.CheckKey(request.Id, request.Locale, request.Channel, context.AddFailure);
                    FollowUpRules.CheckVariables(request.Variables, context.AddFailure);
                    FollowUpRules.CheckText("userId", request.UserId, FollowUpRules.MaxIdLength, context.AddFailure);
                }
            );
        RuleFor(request => request.Mood).IsInEnum();
    }
}

internal sealed class PreviewTemplateHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    ISender modules
) : IRequestHandler<PreviewTemplate, TemplatePreview?>
{
    public async Task<TemplatePreview?> Handle(PreviewTemplate request, CancellationToken cancellationToken)
    {
        if (!BuiltInTemplates.Kinds.TryGetValue(request.Id, out var kind))
        {
            return null;
        }

        var asked = MoodAsync(request.UserId, cancellationToken);
        var (book, theirs) = await ReadAsync(request.UserId, cancellationToken);
        var known = await asked;
        var locale = string.IsNullOrEmpty(request.Locale) ? theirs : request.Locale;
        var key = TemplateKey.Of(request.Id, locale, request.Channel);
        var mood = request.Mood ?? (FollowUpMood?)known?.Band;

        TemplatePreview Preview(string id) => Render(book.Find(key with { Id = id }), request, key.Locale);
        TemplatePreview PreviewOf(FollowUpMood of) =>
            Preview(TemplateChoice.For(kind.Trigger, of, 0)) with
            {
                Mood = of,
            };

        return kind switch
        {
            { Mood: null } => Preview(
                known is null
                    ? kind.Id
                    : TemplateChoice.For(kind.Trigger, FollowUpMood.Neutral, known.ConversationCount)
            ),
            _ => (mood is { } given ? PreviewOf(given) : Preview(kind.Id)) with
            {
                Moods = Enum.GetValues<FollowUpMood>()
                    .ToDictionary(of => JsonNamingPolicy.SnakeCaseLower.ConvertName(of.ToString()), PreviewOf),
            },
        };
    }

    private async Task<Mood?> MoodAsync(string? userId, CancellationToken cancellationToken) =>
        userId is null
            ? null
            : (await modules.Send(new GetMoods([new MoodSubject(userId, null)]), cancellationToken))[0];

    private async Task<(TemplateBook Book, string? Locale)> ReadAsync(
        string? userId,
        CancellationToken cancellationToken
    )
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(TemplateTable.InForce)
            {
                Parameters = { TemplateTable.Ids([.. BuiltInTemplates.Kinds.Keys]) },
            }
        );
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(LocaleSql)
            {
                Parameters =
                {
                    new() { Value = (object?)userId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                },
            }
        );
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        var book = await TemplateBook.ReadAsync(row, cancellationToken);
        await row.NextResultAsync(cancellationToken);
        return (book, await row.ReadAsync(cancellationToken) && !row.IsDBNull(0) ? row.GetString(0) : null);
    }

    private static TemplatePreview Render(TemplateText text, PreviewTemplate request, string? locale)
    {
        var values = TemplateVariables.Samples(text, locale).ToList();
        if (request.UserId is { } user)
        {
            values.Add(KeyValuePair.Create<string, FluidValue>(TemplateVariables.UserId, new StringValue(user)));
        }

        var rendered = TemplateRenderer.Render(
            text,
            values.Concat(request.Variables is { } own ? TemplateVariables.Own(own) : []),
            locale
        );
        return new TemplatePreview
        {
            TemplateId = text.Id,
            Locale = text.Locale,
            Channel = text.Channel,
            Version = text.Version,
            Subject = rendered.Subject,
            Body = rendered.Body,
            Error = rendered.Error,
        };
    }

    private const string LocaleSql = "SELECT r.locale FROM followups.recipients r WHERE r.user_id = $1";
}
