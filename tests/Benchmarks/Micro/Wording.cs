using BenchmarkDotNet.Attributes;
using Benchmarks.Ways;
using FollowUps.Wording;

namespace Benchmarks.Micro;

public class Wording
{
    private readonly TemplateRenderer renderer = new();
    private readonly string locale = "de-DE";
    private readonly Dictionary<string, string> values = new()
    {
        ["user_id"] = "anna",
        ["event_date"] = TemplateRenderer.EventDate(Samples.EventAt, null),
    };

    [Benchmark]
    public object Render() => renderer.Render(BuiltInTemplates.All[BuiltInTemplates.PostEventHigh], values, null);

    [Benchmark]
    public object RenderWithVariables() =>
        renderer.Render(
            BuiltInTemplates.All[BuiltInTemplates.PostEventHigh],
            values,
            """{"dish":"risotto","guests":40}"""
        );

    [Benchmark]
    public string EventDateByLocale() => TemplateRenderer.EventDate(Samples.EventAt, locale);
}
