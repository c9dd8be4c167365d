using System.Diagnostics;
using Host.Access;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Host.Telemetry;

internal static class TelemetrySetup
{
    private const string MetricsPath = "/metrics";

    // The modules' meter; the Host's own is Instruments.Name.
    private const string ModulesMeter = "FollowUps";

    // They log paths and queries: search words, the callers' ids and, in unsubscribe links, a key.
    private static readonly string[] PathLoggers =
    [
        "Microsoft.AspNetCore.Hosting.Diagnostics",
        "Microsoft.AspNetCore.Routing",
    ];

    private static readonly TimeSpan ScrapeAge = TimeSpan.FromSeconds(5);

    public static void AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<DispatchWatch>();
        services.AddSingleton<Instruments>();
        services.AddSingleton<PerformanceWindows>();
        services.AddSingleton<OwnIndexes>();
        services.AddReadiness(configuration);
        services.PostConfigure<LoggerFilterOptions>(HidePaths);

        var telemetry = services
            .AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("followups"))
            .WithMetrics(metrics =>
                metrics
                    .AddMeter(Instruments.Name, ModulesMeter, "Npgsql")
                    .AddAspNetCoreInstrumentation()
                    // Each scrape is answered with what is so then.
                    .AddPrometheusExporter(prometheus => prometheus.ScrapeResponseCacheDurationMilliseconds = 0)
            );
        if (configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is not { Length: > 0 })
        {
            return;
        }

        services.AddHostedService<DispatchWatchLoop>();
        telemetry
            .WithTracing(traces =>
                traces
                    .AddSource(Instruments.Name)
                    .AddNpgsql()
                    .AddProcessor(new Unasked())
                    .AddAspNetCoreInstrumentation(requests => requests.EnrichWithHttpResponse = Anonymise)
            )
            .UseOtlpExporter();
    }

    public static void UseTelemetry(this WebApplication app)
    {
        // Made now, not at the first question: they know only what was measured since.
        app.Services.GetRequiredService<PerformanceWindows>();
        app.Use(CountCrossings);
        app.MapPrometheusScrapingEndpoint(MetricsPath).Needs(Scopes.Admin);
    }

    private static async Task CountCrossings(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path == MetricsPath)
        {
            await context
                .RequestServices.GetRequiredService<DispatchWatch>()
                .LookAsync(ScrapeAge, context.RequestAborted);
        }

        var activity = Activity.Current;
        var crossings = Crossings.Begin();
        try
        {
            await next(context);
        }
        finally
        {
            activity?.SetTag(Crossings.Tag, crossings.Count);
        }
    }

    // What a Host asks of its database for no request, above all whether anything is due, it asks all day: it is in the metrics.
    private sealed class Unasked : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity data)
        {
            if (data is { Source.Name: "Npgsql", ParentSpanId: var parent } && parent == default)
            {
                data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            }
        }
    }

    // A rule for one provider outweighs those for all, so each that has any gets its own.
    private static void HidePaths(LoggerFilterOptions logs)
    {
        string?[] providers = [.. logs.Rules.Select(rule => rule.ProviderName).Append(null).Distinct()];
        foreach (var provider in providers)
        {
            foreach (var category in PathLoggers)
            {
                logs.Rules.Add(new LoggerFilterRule(provider, category, LogLevel.Warning, filter: null));
            }
        }
    }

    // Paths hold the callers' ids and, in unsubscribe links, a key: the route tells enough.
    private static void Anonymise(Activity activity, HttpResponse response)
    {
        activity.SetTag("url.path", (response.HttpContext.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText);
        activity.SetTag("url.query", null);
    }
}
