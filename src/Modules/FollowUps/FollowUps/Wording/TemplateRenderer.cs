using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Fluid;
using Fluid.Values;

namespace FollowUps.Wording;

// A worded template, or what is wrong with it.
internal readonly record struct Rendered(
    string? Subject,
    string? Body,
    string? Error = null,
    bool IsBeyondLimits = false
);

internal static class TemplateRenderer
{
    private const string Email = "email";
    private const int MaxSubject = 200;
    private static readonly HtmlEncoder HtmlValues = HtmlEncoder.Create(UnicodeRanges.All);
    private static readonly TemplateOptions Options = NewOptions();

    // Values that come later replace earlier ones of the same name.
    public static Rendered Render(
        TemplateText template,
        IEnumerable<KeyValuePair<string, FluidValue>> values,
        string? locale
    )
    {
        var hasValues = false;
        try
        {
            var rendering = new Rendering(Options)
            {
                CultureInfo = locale is null ? CultureInfo.InvariantCulture : CultureInfo.GetCultureInfo(locale),
            };
            foreach (var (name, value) in values)
            {
                rendering.SetValue(name, value);
            }

            hasValues = true;
            var subject = template.ParsedSubject is { } parsed
                ? OneLine(Text(parsed, rendering, NullEncoder.Default))
                : null;
            var body = IsHtml(template.Channel)
                ? Html.WithHarmlessLinks(Text(template.ParsedBody, rendering, HtmlValues))
                : Text(template.ParsedBody, rendering, NullEncoder.Default);
            return string.IsNullOrWhiteSpace(body) ? Failed(template, "It comes out empty.") : new(subject, body);
        }
        catch (LiquidException problem)
        {
            return Failed(template, problem.Message);
        }
        catch (RenderingException problem)
        {
            return Failed(template, problem.Message, isBeyondLimits: true);
        }
        catch (InvalidOperationException) when (hasValues)
        {
            return Failed(template, $"It takes more than {Rendering.StepLimit} steps.", isBeyondLimits: true);
        }
        // Whatever a value makes of a template must not reach the other follow-ups of a batch. What the exception says may hold the value.
        catch (Exception problem)
        {
            return Failed(template, $"Its values do not fit it ({problem.GetType().Name}).");
        }
    }

    // A text for all channels is plain, in e-mail too.
    public static bool IsHtml(string? templateChannel) => templateChannel == Email;

    private static Rendered Failed(TemplateText template, string reason, bool isBeyondLimits = false) =>
        new(null, null, $"The template {template.Id} cannot be rendered. {reason}", isBeyondLimits);

    private static string Text(ParsedLiquid parsed, Rendering rendering, TextEncoder encoder)
    {
        using var writer = new LimitedWriter();
        parsed.Template.RenderAsync(writer, encoder, rendering).AsTask().GetAwaiter().GetResult();
        return WellFormed(writer.ToString());
    }

    // A filter may cut a character in two.
    private static string WellFormed(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    // A line break in a subject begins a header of the sender's choosing.
    private static string OneLine(string text)
    {
        var line = string.Join(
            ' ',
            string.Concat(text.Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        );
        return line.Length <= MaxSubject ? line : WellFormed($"{line[..(MaxSubject - 1)]}…");
    }

    private static TemplateOptions NewOptions()
    {
        var options = new TemplateOptions { MaxSteps = Rendering.StepLimit, StrictFilters = true };
        LiquidFilters.Restrict(options.Filters);
        return options;
    }
}
