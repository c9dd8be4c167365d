using System.Text;
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
        CheckText(template.Id, template.Channel, template.Subject, template.Body, declared, fail);
    }

    public static void CheckText(
        string id,
        string? channel,
        string? subject,
        string? body,
        string[] declared,
        Action<string, string> fail
    )
    {
        var problems = new List<string>();
        void Noted(string field, string wrong)
        {
            problems.Add(field);
            fail(field, wrong);
        }

        FollowUpRules.CheckText("subject", subject, MaxSubjectSource, Noted);
        FollowUpRules.CheckText("body", body ?? "", MaxBodySource, Noted);
        if (problems.Count > 0)
        {
            return;
        }

        if (subject is { } line)
        {
            CheckLiquid("subject", line, declared, Noted);
        }

        CheckLiquid("body", body!, declared, Noted);
        if (TemplateRenderer.IsHtml(channel) && problems.Count == 0)
        {
            CheckPlaces(body!, Noted);
        }

        if (problems.Count > 0)
        {
            return;
        }

        // What goes beyond the limits whatever the values is found now, not when it is sent.
        var text = new TemplateText(id, subject, body!, channel: channel, variables: declared);
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

    // Between quotes a value can say nothing but what it is; loose in a tag, or where scripts and styles are read, escaping is not enough.
    private static void CheckPlaces(string body, Action<string, string> fail)
    {
        var parts = Markup.Scan(body);
        var html = new StringBuilder(body);
        foreach (var part in parts)
        {
            // As long as it was, and nothing that HTML knows.
            for (var at = part.Start; at < part.Start + part.Text.Length; at++)
            {
                html[at] = 'x';
            }
        }

        foreach (var tag in Html.Tags(html.ToString()).Where(tag => tag.Name.Length > 0))
        {
            foreach (var part in parts.Where(p => p.Tag is null && tag.Start < p.Start && p.Start < tag.End))
            {
                var isSafe = tag.Attributes.Any(a =>
                    a.IsQuoted
                    && a.Start < part.Start
                    && part.Start < a.End
                    && a.Name is not ("style" or "srcdoc")
                    && !a.Name.StartsWith("on", StringComparison.Ordinal)
                );
                if (!isSafe)
                {
                    fail(
                        "body",
                        $"{Liquid.Position(body, part.Start)}: In a tag, a value stands in the quotes of an attribute that holds neither style nor script."
                    );
                    return;
                }
            }
        }
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
