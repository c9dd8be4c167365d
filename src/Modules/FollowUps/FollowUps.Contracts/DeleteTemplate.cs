using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// Ends the override of exactly this locale and channel; what is in force then is answered. The text is kept as history. Without an override
/// nothing changes.
/// </summary>
/// <param name="Id">One of the ids that <see cref="ListTemplates" /> shows; null is answered for another.</param>
/// <param name="Locale">The override's locale; null or empty: the one for all locales.</param>
/// <param name="Channel">The override's channel; null or empty: the one for all channels.</param>
/// <param name="IfMatch">Tags of which one must be that of the text in force now; null: whatever is.</param>
public sealed record DeleteTemplate(
    string Id,
    string? Locale = null,
    string? Channel = null,
    IReadOnlyList<string>? IfMatch = null
) : IRequest<TemplateWrite?>;
