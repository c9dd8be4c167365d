using BenchmarkDotNet.Attributes;
using Benchmarks.Ways;
using Fluid.Values;
using FollowUps.Wording;

namespace Benchmarks.Micro;

public class Wording
{
    private readonly string locale = "de-DE";
    private readonly TemplateText text = TemplateBook.WithoutOverrides.Find(
        new TemplateKey(BuiltInTemplates.PostEventHigh, null, null)
    );
    private readonly Dictionary<string, FluidValue> values = new()
    {
        [TemplateVariables.UserId] = new StringValue("anna"),
        [TemplateVariables.EventDate] = new StringValue(TemplateVariables.Date(Samples.EventAt, null)),
    };

    [Benchmark]
    public object Render() => TemplateRenderer.Render(text, values, null);

    [Benchmark]
    public object RenderWithVariables() =>
        TemplateRenderer.Render(text, TemplateVariables.Own("""{"dish":"risotto","guests":40}""").Concat(values), null);

    [Benchmark]
    public string EventDateByLocale() => TemplateVariables.Date(Samples.EventAt, locale);
}
