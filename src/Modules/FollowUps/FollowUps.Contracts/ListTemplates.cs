using MediatR;

namespace FollowUps.Contracts;

/// <summary>Lists every text in force: of each id the general one first, then those of a locale or a channel.</summary>
public sealed record ListTemplates : IRequest<TemplateList>;

/// <summary>The texts in force, and what they may use.</summary>
/// <param name="Items">By id, locale and channel. A built-in text that no customer can get any more, being overridden for all, is not among them.</param>
/// <param name="Variables">What every template may use. Further ones are the caller's own, and declared with the text that uses them.</param>
public sealed record TemplateList(IReadOnlyList<Template> Items, IReadOnlyList<TemplateVariable> Variables);

/// <summary>A variable that every template may use.</summary>
/// <param name="Name">As it is written between the braces.</param>
/// <param name="Description">What it holds, and when it holds nothing.</param>
/// <param name="Sample">What a preview shows for it when nothing is given.</param>
public sealed record TemplateVariable(string Name, string Description, string Sample);
