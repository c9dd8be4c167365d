using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Fluid;
using Fluid.Values;

namespace FollowUps.Wording;

// Liquid, parsed once.
internal sealed class TemplateRenderer
{
    private static readonly FluidParser Parser = new();
    private static readonly TemplateOptions Options = new() { MaxSteps = 10_000 };
    private readonly ConcurrentDictionary<string, IFluidTemplate> parsed = new(StringComparer.Ordinal);

    public (string? Subject, string Body) Render(
        Template template,
        IReadOnlyDictionary<string, string> values,
        string? variables
    )
    {
        var context = new TemplateContext(Options);
        if (variables is not null)
        {
            using var document = JsonDocument.Parse(variables);
            foreach (var member in document.RootElement.EnumerateObject())
            {
                context.SetValue(member.Name, Value(member.Value));
            }
        }

        foreach (var (name, value) in values)
        {
            context.SetValue(name, value);
        }

        return (template.Subject is { } subject ? Text(subject, context) : null, Text(template.Body, context));
    }

    public static string EventDate(DateTimeOffset eventAt, string? locale)
    {
        var culture = locale is null ? CultureInfo.InvariantCulture : CultureInfo.GetCultureInfo(locale);
        return culture.TwoLetterISOLanguageName is "en" or "iv"
            ? eventAt.ToString("MMMM dd, yyyy", CultureInfo.InvariantCulture)
            : eventAt.ToString("D", culture);
    }

    private string Text(string source, TemplateContext context) =>
        parsed.GetOrAdd(source, Parser.Parse).Render(context);

    private static FluidValue Value(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.String => new StringValue(json.GetString()!),
            JsonValueKind.Number => NumberValue.Create(json.GetDecimal()),
            JsonValueKind.True => BooleanValue.True,
            JsonValueKind.False => BooleanValue.False,
            JsonValueKind.Array => new ArrayValue([.. json.EnumerateArray().Select(Value)]),
            JsonValueKind.Object => new StringValue(json.GetRawText()),
            _ => NilValue.Instance,
        };
}
