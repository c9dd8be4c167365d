using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// Lists the texts that were ever put for exactly this locale and channel, newest first. To go back to one, put its subject, body and variables
/// again.
/// </summary>
/// <param name="Id">One of the ids that <see cref="ListTemplates" /> shows; null is answered for another.</param>
/// <param name="Locale">A BCP 47 tag of a known language, such as <c>de-AT</c>; null or empty: those for all locales.</param>
/// <param name="Channel">A lower-case slug of at most 20 characters, such as <c>email</c>; null or empty: those for all channels.</param>
/// <param name="Limit">1 to 200.</param>
/// <param name="After">Where the page before ended.</param>
public sealed record ListTemplateVersions(
    string Id,
    string? Locale = null,
    string? Channel = null,
    int Limit = 50,
    TemplateVersionKey? After = null
) : IRequest<TemplateVersionPage?>;

/// <summary>Where a page ended.</summary>
/// <param name="Version">The version of its last item.</param>
public sealed record TemplateVersionKey(int Version);

/// <summary>Some of the versions.</summary>
/// <param name="Items">Newest first.</param>
/// <param name="Next">Where the next page begins; null: there is none.</param>
public sealed record TemplateVersionPage(IReadOnlyList<TemplateVersion> Items, TemplateVersionKey? Next);

/// <summary>A text that was put in the place of a built-in one.</summary>
/// <param name="Version">Counts the texts put for this id, locale and channel, from 1.</param>
/// <param name="Subject">The subject; null: it has none.</param>
/// <param name="Body">The text.</param>
/// <param name="Variables">The caller's own variables that it may use.</param>
/// <param name="UpdatedAt">When it was put.</param>
/// <param name="EndedAt">When another took its place or it was deleted; null: it is in force.</param>
public sealed record TemplateVersion(
    int Version,
    string? Subject,
    string Body,
    IReadOnlyList<string> Variables,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? EndedAt
);
