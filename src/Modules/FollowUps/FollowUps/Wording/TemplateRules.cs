using FollowUps.Contracts;
using FollowUps.Recipients;
using FollowUps.Scheduling;

namespace FollowUps.Wording;

internal static class TemplateRules
{
    private const int MaxSubjectSource = 500;
    private const int MaxBodySource = 20_000;
    private const int MaxVariables = 50;

    public static void CheckKey(string? id, string? locale, string? channel, Action<string, string> fail)
    {
        FollowUpRules.CheckText("id", id ?? "", FollowUpRules.MaxIdLength, fail);
        if (!string.IsNullOrEmpty(locale) && !RecipientRules.IsLocale(locale))
        {
            fail("locale", "It must be a known BCP 47 tag, such as en or de-AT.");
        }

        if (!string.IsNullOrEmpty(channel) && !RecipientRules.IsChannel(channel))
        {
            fail("channel", "A channel is a lower-case slug of at most 20 characters.");
        }
    }

    public static void Check(PutTemplate template, Action<string, string> fail)
    {
        CheckKey(template.Id, template.Locale, template.Channel, fail);
        var declared = Declared(template.Variables, fail);
        var problems = new List<string>();
        void Noted(string field, string wrong)
        {
            problems.Add(field);
            fail(field, wrong);
        }

        FollowUpRules.CheckText("subject", template.Subject, MaxSubjectSource, Noted);
        FollowUpRules.CheckText("body", template.Body ?? "", MaxBodySource, Noted);
        if (problems.Count > 0)
        {
            return;
        }

        if (template.Subject is { } subject)
        {
            CheckLiquid("subject", subject, declared, Noted);
        }

        CheckLiquid("body", template.Body!, declared, Noted);
        if (problems.Count > 0)
        {
            return;
        }

        // What goes beyond the limits whatever the values is found now, not when it is sent.
        var text = new TemplateText(
            template.Id,
            template.Subject,
            template.Body!,
            channel: template.Channel,
            variables: declared
        );
        if (
            TemplateRenderer.Render(text, TemplateVariables.Samples(text, null), null) is
            { IsBeyondLimits: true } beyond
        )
        {
            fail("body", beyond.Error!);
        }
    }

    private static string[] Declared(IReadOnlyList<string?>? names, Action<string, string> fail)
    {
        if (names is { Count: > MaxVariables })
        {
            fail("variables", $"At most {MaxVariables} are declared.");
            return [];
        }

        for (var i = 0; i < names?.Count; i++)
        {
            if (!TemplateVariables.IsName(names[i]))
            {
                fail(
                    $"variables[{i}]",
                    "A name is at most 64 letters, digits, underscores and hyphens, a letter first."
                );
            }
        }

        return [.. names?.OfType<string>().Distinct(StringComparer.Ordinal) ?? []];
    }

    private static void CheckLiquid(string field, string source, string[] declared, Action<string, string> fail)
    {
        void FailAt(int offset, string wrong) => fail(field, $"{Liquid.Position(source, offset)}: {wrong}");

        try
        {
            var parsed = Liquid.Parse(source);
            foreach (var name in parsed.Names)
            {
                if (!TemplateVariables.IsKnown(name) && !declared.Contains(name, StringComparer.Ordinal))
                {
                    FailAt(
                        Markup.Find(parsed.Parts, name, isFilter: false),
                        $"'{name}' is neither a known variable nor declared in variables."
                    );
                }
            }
        }
        catch (LiquidException problem)
        {
            FailAt(problem.Offset, problem.Message);
        }
    }
}
