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
            (ISender modules, OwnIndexes own, CancellationToken cancellationToken) =>
                Plans.AskAsync(modules, own, cancellationToken)
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
            durations.Failed,
            target.Milliseconds,
            durations.P95 is { } p95 ? p95 <= target.Milliseconds : null,
            target.Measures
        );
}

/// <summary>How long the operations that have a target took, on the instance that answers.</summary>
/// <param name="WindowSeconds">How far back the figures reach, in seconds.</param>
/// <param name="Unit">The unit of all durations: always <c>ms</c>, milliseconds.</param>
/// <param name="Operations">The figures by operation: <c>store_message</c>, <c>duplicate_check</c>, <c>emotion_history</c> and <c>schedule_followup</c>.</param>
internal sealed record PerformanceReport(
    double WindowSeconds,
    string Unit,
    IReadOnlyDictionary<string, OperationPerformance> Operations
);

/// <summary>How long an operation took; durations are in milliseconds.</summary>
/// <param name="P50">Half of the calls took no longer; null while nothing was measured.</param>
/// <param name="P95">95 % of the calls took no longer; null while nothing was measured.</param>
/// <param name="P99">99 % of the calls took no longer; null while nothing was measured.</param>
/// <param name="Average">Their mean; null while nothing was measured.</param>
/// <param name="Count">How many were measured in the window.</param>
/// <param name="Failed">How many more ended in a fault other than a timeout: they are in no duration.</param>
/// <param name="Target">What the p95 should not exceed.</param>
/// <param name="WithinTarget">Whether the p95 is no higher than the target; null while nothing was measured.</param>
/// <param name="Measures">What is measured.</param>
internal sealed record OperationPerformance(
    double? P50,
    double? P95,
    double? P99,
    double? Average,
    long Count,
    long Failed,
    double Target,
    bool? WithinTarget,
    string Measures
);
