using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// Puts a text in the place of the built-in one, for all or for one locale, one channel or both. The text before is kept as history; the same
/// text again changes nothing. What is sent after the answer is worded with it, but
/// for what is being sent right now.
/// </summary>
public sealed record PutTemplate : IRequest<TemplateWrite?>
{
    /// <summary>One of the ids that <see cref="ListTemplates" /> shows; null is answered for another.</summary>
    public string Id { get; init; } = "";

    /// <summary>A BCP 47 tag of a known language, such as <c>de-AT</c>; null or empty: for all locales.</summary>
    public string? Locale { get; init; }

    /// <summary>A lower-case slug of at most 20 characters, such as <c>email</c>; null or empty: for all channels.</summary>
    public string? Channel { get; init; }

    /// <summary>Liquid of at most 500 characters; null: without a subject.</summary>
    public string? Subject { get; init; }

    /// <summary>Liquid of 1 to 20 000 characters. For the channel <c>email</c> it is HTML, and values are escaped in it; for others plain text.</summary>
    public string Body { get; init; } = "";

    /// <summary>
    /// The caller's own variables that subject and body use, at most 50 names of at most 64 letters, digits, underscores and hyphens. A variable
    /// that is neither known nor declared here is an error.
    /// </summary>
    public IReadOnlyList<string?>? Variables { get; init; }

    /// <summary>Tags (<see cref="Template.Tag" />) of which one must be that of the text in force now; null: whatever is.</summary>
    public IReadOnlyList<string>? IfMatch { get; init; }
}

/// <summary>What became of a change.</summary>
public enum TemplateWriteOutcome
{
    /// <summary>It stands.</summary>
    Done,

    /// <summary>Nothing changed: another text is in force than the caller saw.</summary>
    NotMatched,

    /// <summary>Nothing changed: there are as many overrides as may be (option <c>FollowUps:MaxTemplateOverrides</c>).</summary>
    TooMany,
}

/// <summary>A change of a template.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Template">The text in force after it.</param>
public sealed record TemplateWrite(TemplateWriteOutcome Outcome, Template Template);
