using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// Reads the text that is in force for a template, a locale and a channel. Of several that fit, the nearest wins: an override before every
/// built-in text; the locale itself before its language before none (<c>de-AT</c>, <c>de</c>, none); within one locale the channel's before that
/// for all channels.
/// </summary>
/// <param name="Id">One of the ids that <see cref="ListTemplates" /> shows; null is answered for another.</param>
/// <param name="Locale">A BCP 47 tag of a known language, such as <c>de-AT</c>; null or empty: for all locales.</param>
/// <param name="Channel">A lower-case slug of at most 20 characters, such as <c>email</c>; null or empty: for all channels.</param>
public sealed record GetTemplate(string Id, string? Locale = null, string? Channel = null) : IRequest<Template?>;

/// <summary>Where a text comes from.</summary>
public enum TemplateSource
{
    /// <summary>It came with the product.</summary>
    BuiltIn,

    /// <summary>It was put in the place of a built-in one.</summary>
    Override,
}

/// <summary>The words of a follow-up, as Liquid.</summary>
public sealed record Template
{
    /// <summary>Fixed: what the <see cref="NewFollowUp.TemplateId" /> of a follow-up names.</summary>
    public required string Id { get; init; }

    /// <summary>The locale that this text is for; null: for all that have none of their own.</summary>
    public string? Locale { get; init; }

    /// <summary>The channel that this text is for; null: for all that have none of their own.</summary>
    public string? Channel { get; init; }

    /// <summary>Counts the texts put for this id, locale and channel, from 1 and never anew; 0: the built-in one.</summary>
    public required int Version { get; init; }

    /// <summary>Where it comes from.</summary>
    public required TemplateSource Source { get; init; }

    /// <summary>The follow-ups that it words.</summary>
    public required FollowUpTrigger Trigger { get; init; }

    /// <summary>The mood that it is for; null: for every mood.</summary>
    public FollowUpMood? Mood { get; init; }

    /// <summary>The subject, for channels that have one.</summary>
    public string? Subject { get; init; }

    /// <summary>The text.</summary>
    public required string Body { get; init; }

    /// <summary>The caller's own variables that it may use, beside the known ones.</summary>
    public IReadOnlyList<string> Variables { get; init; } = [];

    /// <summary>When it was put; null: built in.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Names this text of this locale and channel and no other: what a change may be made from, and over HTTP the ETag.</summary>
    public required string Tag { get; init; }
}
