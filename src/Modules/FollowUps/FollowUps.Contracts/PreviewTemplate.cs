using System.Text.Json;
using MediatR;

namespace FollowUps.Contracts;

/// <summary>Renders a template as the dispatcher would, and neither sends nor stores anything.</summary>
public sealed record PreviewTemplate : IRequest<TemplatePreview?>
{
    /// <summary>One of the ids that <see cref="ListTemplates" /> shows; null is answered for another.</summary>
    public string Id { get; init; } = "";

    /// <summary>Whose text: a BCP 47 tag; null or empty: the customer's, or none.</summary>
    public string? Locale { get; init; }

    /// <summary>Which channel's text, and its escaping; null or empty: for all channels.</summary>
    public string? Channel { get; init; }

    /// <summary>With <see cref="Body" />: the subject of the draft.</summary>
    public string? Subject { get; init; }

    /// <summary>
    /// A text not yet saved, shown in the place of the one named, under the rules of a template that is put; what
    /// <see cref="Variables" /> names counts as declared. Null: the text in force.
    /// </summary>
    public string? Body { get; init; }

    /// <summary>A JSON object of at most 65 536 bytes; what it does not name, known variables included, is shown by a sample.</summary>
    public JsonElement? Variables { get; init; }

    /// <summary>Shows the template that this mood chooses for the trigger; null: that of the customer's mood, or the one named.</summary>
    public FollowUpMood? Mood { get; init; }

    /// <summary>A customer, 1 to 255 characters, whose locale, time zone and mood are taken where none is given.</summary>
    public string? UserId { get; init; }
}

/// <summary>A rendered template.</summary>
public sealed record TemplatePreview
{
    /// <summary>The template that it is: the one named, or the one that the mood chooses for the same trigger.</summary>
    public required string TemplateId { get; init; }

    /// <summary>The locale of the text; null: the general one.</summary>
    public string? Locale { get; init; }

    /// <summary>The channel of the text; null: the one for all channels.</summary>
    public string? Channel { get; init; }

    /// <summary>The version of the text; 0: the built-in one.</summary>
    public required int Version { get; init; }

    /// <summary>The subject; null: it has none.</summary>
    public string? Subject { get; init; }

    /// <summary>The text; null when it cannot be rendered.</summary>
    public string? Body { get; init; }

    /// <summary>Why it cannot be rendered, as the attempt would say.</summary>
    public string? Error { get; init; }

    /// <summary>The mood that chose it; null: none did.</summary>
    public FollowUpMood? Mood { get; init; }

    /// <summary>The same for every mood (<c>high</c>, <c>neutral</c>, <c>low</c>), where the trigger's template depends on it; null: it does not.</summary>
    public IReadOnlyDictionary<string, TemplatePreview>? Moods { get; init; }
}
