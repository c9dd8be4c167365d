using System.Collections.Frozen;
using Npgsql;

namespace FollowUps.Wording;

// All texts as of one revision. Of those that fit, an override comes before every built-in text; then the locale counts before the channel: the
// right language matters more than the right length.
internal sealed class TemplateBook
{
    private readonly FrozenDictionary<TemplateKey, TemplateText> overrides;

    private TemplateBook(long revision, FrozenDictionary<TemplateKey, TemplateText> overrides) =>
        (Revision, this.overrides) = (revision, overrides);

    private static readonly FrozenDictionary<TemplateKey, TemplateText> BuiltIn = Keyed(BuiltInTemplates.Texts);

    public static TemplateBook WithoutOverrides { get; } = new(-1, Keyed([]));

    public long Revision { get; }

    // In the order of a list.
    public IEnumerable<TemplateText> InForce =>
        overrides
            .Values.Concat(BuiltIn.Values)
            .Where(text => ReferenceEquals(text, Find(KeyOf(text))))
            .OrderBy(text => text.Id, StringComparer.Ordinal)
            .ThenBy(text => text.Locale, StringComparer.Ordinal)
            .ThenBy(text => text.Channel, StringComparer.Ordinal);

    private static TemplateBook Of(IEnumerable<TemplateText> overrides, long revision) =>
        new(revision, Keyed(overrides));

    // What did not change keeps what it was parsed to.
    public TemplateBook With(IEnumerable<TemplateText> texts, long revision) =>
        Of(
            texts.Select(text =>
                overrides.TryGetValue(KeyOf(text), out var known) && known.Version == text.Version ? known : text
            ),
            revision
        );

    // Of rows of TemplateTable.InForce.
    public static async Task<TemplateBook> ReadAsync(NpgsqlDataReader row, CancellationToken cancellationToken)
    {
        var texts = new List<TemplateText>();
        while (await row.ReadAsync(cancellationToken))
        {
            texts.Add(TemplateText.Read(row));
        }

        return Of(texts, -1);
    }

    public TemplateText Find(TemplateKey key) => Nearest(overrides, key) ?? Nearest(BuiltIn, key)!;

    // What is left when no override fits.
    public static TemplateText FindBuiltIn(TemplateKey key) => Nearest(BuiltIn, key)!;

    // de-AT, de, none.
    public static IEnumerable<string?> Fallbacks(string? locale)
    {
        while (!string.IsNullOrEmpty(locale))
        {
            yield return locale;
            locale = locale.LastIndexOf('-') is var at and > 0 ? locale[..at] : null;
        }

        yield return null;
    }

    private static TemplateText? Nearest(FrozenDictionary<TemplateKey, TemplateText> texts, TemplateKey key)
    {
        if (texts.Count == 0)
        {
            return null;
        }

        foreach (var language in Fallbacks(key.Locale))
        {
            if (
                texts.TryGetValue(key with { Locale = language }, out var text)
                || texts.TryGetValue(key with { Locale = language, Channel = null }, out text)
            )
            {
                return text;
            }
        }

        return null;
    }

    private static TemplateKey KeyOf(TemplateText text) => new(text.Id, text.Locale, text.Channel);

    private static FrozenDictionary<TemplateKey, TemplateText> Keyed(IEnumerable<TemplateText> texts) =>
        texts.ToFrozenDictionary(KeyOf);
}
