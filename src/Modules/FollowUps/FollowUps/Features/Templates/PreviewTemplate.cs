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
using NodaTime;
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
                    CheckDraft(request, context.AddFailure);
                    FollowUpRules.CheckText("userId", request.UserId, FollowUpRules.MaxIdLength, context.AddFailure);
                }
            );
        RuleFor(request => request.Mood).IsInEnum();
    }

    // As saving it would; its own variables are those that values are given for.
    private static void CheckDraft(PreviewTemplate request, Action<string, string> fail)
    {
        if (request.Subject is null && request.Body is null)
        {
            return;
        }

        TemplateRules.CheckText(
            request.Id,
            request.Channel,
            request.Subject,
            request.Body,
            PreviewTemplateHandler.Declared(request),
            fail
        );
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
        var (book, theirs, zone) = await ReadAsync(request.UserId, cancellationToken);
        var known = await asked;
        var locale = string.IsNullOrEmpty(request.Locale) ? theirs : request.Locale;
        var key = TemplateKey.Of(request.Id, locale, request.Channel);

        // A draft is shown as it is, whomever for.
        var mood = request.Mood ?? (request.Body is null ? (FollowUpMood?)known?.Band : kind.Mood);

        TemplatePreview Preview(string id) =>
            Render(
                id == kind.Id && request.Body is { } body
                    ? new TemplateText(id, request.Subject, body, key.Locale, key.Channel, variables: Declared(request))
                    : book.Find(key with { Id = id }),
                request,
                key.Locale,
                zone
            );
        TemplatePreview PreviewOf(FollowUpMood of) =>
            Preview(TemplateChoice.For(kind.Trigger, of, 0)) with
            {
                Mood = of,
            };

        return kind switch
        {
            { Mood: null } => Preview(
                known is null || request.Body is not null
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

    public static string[] Declared(PreviewTemplate request) =>
        request.Variables is { ValueKind: JsonValueKind.Object } own
            ? [.. own.EnumerateObject().Select(member => member.Name)]
            : [];

    private async Task<Mood?> MoodAsync(string? userId, CancellationToken cancellationToken) =>
        userId is null
            ? null
            : (await modules.Send(new GetMoods([new MoodSubject(userId, null)]), cancellationToken))[0];

    private async Task<(TemplateBook Book, string? Locale, DateTimeZone? Zone)> ReadAsync(
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
            new NpgsqlBatchCommand(CustomerSql)
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
        return await row.ReadAsync(cancellationToken)
            ? (
                book,
                row.IsDBNull(0) ? null : row.GetString(0),
                row.IsDBNull(1) ? null : DateTimeZoneProviders.Tzdb.GetZoneOrNull(row.GetString(1))
            )
            : (book, null, null);
    }

    private static TemplatePreview Render(
        TemplateText text,
        PreviewTemplate request,
        string? locale,
        DateTimeZone? zone
    )
    {
        var values = TemplateVariables.Samples(text, locale, zone).ToList();
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

    private const string CustomerSql = "SELECT r.locale, r.time_zone FROM followups.recipients r WHERE r.user_id = $1";
}
