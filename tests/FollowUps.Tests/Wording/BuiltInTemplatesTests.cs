using FollowUps.Contracts;
using FollowUps.Wording;

namespace FollowUps.Tests.Wording;

public sealed class BuiltInTemplatesTests
{
    public static TheoryData<string, string> EveryText() =>
        new(
            from kind in BuiltInTemplates.Kinds.Values
            from locale in (string[])["en-GB", "de-AT", "fr-CA", "es-ES", "it-IT", "ja-JP"]
            select (kind.Id, locale)
        );

    [Theory]
    [MemberData(nameof(EveryText))]
    public void Reads_well_with_and_without_values(string id, string locale)
    {
        var text = TemplateBook.WithoutOverrides.Find(new TemplateKey(id, locale, "email"));
        var samples = TemplateVariables.Samples(text, locale).ToList();
        var message = samples.Where(sample => sample.Key == TemplateVariables.CustomMessage);

        var full = TemplateRenderer.Render(text, samples, locale);
        var bare = TemplateRenderer.Render(text, message, locale);

        Assert.All(
            [full, bare],
            rendered =>
            {
                Assert.Null(rendered.Error);
                Assert.DoesNotContain("  ", rendered.Body, StringComparison.Ordinal);
                Assert.DoesNotContain("{", rendered.Body, StringComparison.Ordinal);
                Assert.DoesNotContain(" .", rendered.Body, StringComparison.Ordinal);
            }
        );
        if (BuiltInTemplates.Kinds[id].Trigger == FollowUpTrigger.PostEvent)
        {
            Assert.Contains(
                TemplateVariables.Date(new(2031, 11, 5, 18, 0, 0, TimeSpan.Zero), locale),
                full.Body,
                StringComparison.Ordinal
            );
        }
    }

    [Theory]
    [InlineData("de-AT", "de")]
    [InlineData("fr-CA", "fr")]
    [InlineData("es-MX", "es")]
    [InlineData("it", "it")]
    [InlineData("ja-JP", null)]
    public void Speaks_the_customers_language_where_it_knows_it(string locale, string? language) =>
        Assert.Equal(
            language,
            TemplateBook.WithoutOverrides.Find(new TemplateKey(BuiltInTemplates.EmotionCheckIn, locale, null)).Locale
        );
}
