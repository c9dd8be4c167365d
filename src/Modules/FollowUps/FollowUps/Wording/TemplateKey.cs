using System.Globalization;

namespace FollowUps.Wording;

// Which text is meant; null: for all.
internal readonly record struct TemplateKey(string Id, string? Locale, string? Channel)
{
    // In the canonical spelling of the locale: de-at and de-AT are one.
    public static TemplateKey Of(string id, string? locale, string? channel) =>
        new(
            id,
            string.IsNullOrEmpty(locale) ? null : CultureInfo.GetCultureInfo(locale).Name,
            string.IsNullOrEmpty(channel) ? null : channel
        );
}
