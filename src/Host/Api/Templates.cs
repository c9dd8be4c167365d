using FollowUps.Contracts;
using Host.Access;
using Host.Pipeline;
using MediatR;

namespace Host.Api;

internal static class Templates
{
    public static void MapTemplates(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1/templates").WithTags("Templates").Needs(Scopes.FollowUps);
        api.MapGet("", List);
        api.MapGet("/{id}", Get);
        api.MapGet("/{id}/versions", Versions);
        api.MapGet("/{id}/versions/{version:int}", Version);
        api.MapPut("/{id}", Put);
        api.MapDelete("/{id}", Delete);
        api.MapPost("/{id}/preview", Preview);
    }

    private static async Task<IResult> List(ISender modules, CancellationToken cancellationToken)
    {
        var list = await modules.Send(new ListTemplates(), cancellationToken);
        return TypedResults.Ok(new ListedTemplates(list.Items, null, list.Variables));
    }

    private static async Task<IResult> Get(
        string id,
        HttpContext context,
        ISender modules,
        CancellationToken cancellationToken,
        string? locale = null,
        string? channel = null
    ) =>
        await modules.Send(new GetTemplate(id, locale, channel), cancellationToken) is { } template
            ? EntityTags.Show(context, template.Tag, template)
            : TypedResults.NotFound();

    private static async Task<IResult> Versions(
        string id,
        ISender modules,
        CancellationToken cancellationToken,
        string? locale = null,
        string? channel = null,
        int limit = 50,
        string? cursor = null
    )
    {
        var after = Cursor.Read<TemplateVersionKey>(cursor);
        return
            await modules.Send(new ListTemplateVersions(id, locale, channel, limit, after), cancellationToken)
                is { } page
            ? TypedResults.Ok(new Page<TemplateVersion>(page.Items, Cursor.Write(page.Next)))
            : TypedResults.NotFound();
    }

    private static async Task<IResult> Version(
        string id,
        int version,
        ISender modules,
        CancellationToken cancellationToken,
        string? locale = null,
        string? channel = null
    )
    {
        var newer = version < int.MaxValue ? new TemplateVersionKey(version + 1) : null;
        var page = await modules.Send(new ListTemplateVersions(id, locale, channel, 1, newer), cancellationToken);
        return page?.Items is [{ } found] && found.Version == version
            ? TypedResults.Ok(found)
            : TypedResults.NotFound();
    }

    private static async Task<IResult> Put(
        string id,
        TemplateBody body,
        HttpContext context,
        ISender modules,
        CancellationToken cancellationToken,
        string? locale = null,
        string? channel = null
    ) =>
        Changed(
            context,
            await modules.Send(
                new PutTemplate
                {
                    Id = id,
                    Locale = locale,
                    Channel = channel,
                    Subject = body.Subject,
                    Body = body.Body ?? "",
                    Variables = body.Variables,
                    IfMatch = EntityTags.IfMatch(context),
                },
                cancellationToken
            )
        );

    private static async Task<IResult> Delete(
        string id,
        HttpContext context,
        ISender modules,
        CancellationToken cancellationToken,
        string? locale = null,
        string? channel = null
    ) =>
        Changed(
            context,
            await modules.Send(new DeleteTemplate(id, locale, channel, EntityTags.IfMatch(context)), cancellationToken)
        );

    private static async Task<IResult> Preview(
        string id,
        PreviewBody? body,
        ISender modules,
        CancellationToken cancellationToken,
        string? locale = null,
        string? channel = null
    ) =>
        await modules.Send(
            new PreviewTemplate
            {
                Id = id,
                Locale = locale,
                Channel = channel,
                Subject = body?.Subject,
                Body = body?.Body,
                Variables = body?.Variables,
                Mood = body?.Mood,
                UserId = body?.UserId,
            },
            cancellationToken
        )
            is { } preview
            ? TypedResults.Ok(preview)
            : TypedResults.NotFound();

    private static IResult Changed(HttpContext context, TemplateWrite? write)
    {
        if (write is null)
        {
            return TypedResults.NotFound();
        }

        EntityTags.Name(context, write.Template.Tag);
        return write.Outcome switch
        {
            TemplateWriteOutcome.Done => TypedResults.Ok(write.Template),
            TemplateWriteOutcome.NotMatched => EntityTags.NotMatched(),
            _ => TypedResults.Problem(
                "There are as many overrides as may be: delete one first.",
                statusCode: StatusCodes.Status409Conflict
            ),
        };
    }

    /// <summary>All texts in force.</summary>
    /// <param name="Items">Every text in force.</param>
    /// <param name="NextCursor">Always null: the list is whole.</param>
    /// <param name="Variables">What every text may use, whether declared or not.</param>
    internal sealed record ListedTemplates(
        IReadOnlyList<Template> Items,
        string? NextCursor,
        IReadOnlyList<TemplateVariable> Variables
    );

    /// <summary>A text to put in the place of the built-in one.</summary>
    /// <inheritdoc cref="PutTemplate" />
    internal sealed record TemplateBody(string? Subject, string? Body, IReadOnlyList<string?>? Variables);

    /// <summary>What to render it with; without a body the text in force, with samples.</summary>
    /// <inheritdoc cref="PreviewTemplate" />
    internal sealed record PreviewBody(
        string? Subject,
        string? Body,
        System.Text.Json.JsonElement? Variables,
        FollowUpMood? Mood,
        string? UserId
    );
}
