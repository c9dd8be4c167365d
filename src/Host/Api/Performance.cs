using Host.Access;
using Host.Telemetry;
using MediatR;

namespace Host.Api;

internal static class Performance
{
    public static void MapPerformance(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1/performance").WithTags("Performance").Needs(Scopes.Admin);
        api.MapGet("", (PerformanceWindows windows) => Report(windows));
        api.MapGet(
            "/plans",
            (ISender modules, CancellationToken cancellationToken) => Plans.AskAsync(modules, cancellationToken)
        );
    }

    private static PerformanceReport Report(PerformanceWindows windows) =>
        new(
            SlidingWindow.Length.TotalSeconds,
            "ms",
            Target.All.ToDictionary(
                target => target.Operation,
                target => Measured(target, windows.Of(target.Operation))
            )
        );

    private static OperationPerformance Measured(Target target, Durations durations) =>
        new(
            durations.P50,
            durations.P95,
            durations.P99,
            durations.Average,
            durations.Count,
            target.Milliseconds,
            durations.P95 is { } p95 ? p95 <= target.Milliseconds : null,
            target.Measures
        );
}

internal sealed record PerformanceReport(
    double WindowSeconds,
    string Unit,
    IReadOnlyDictionary<string, OperationPerformance> Operations
);

// WithinTarget: the p95 is no higher than the target; null while nothing was measured.
internal sealed record OperationPerformance(
    double? P50,
    double? P95,
    double? P99,
    double? Average,
    long Count,
    double Target,
    bool? WithinTarget,
    string Measures
);
