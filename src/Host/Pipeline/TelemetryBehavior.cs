using System.Diagnostics;
using System.Diagnostics.Metrics;
using MediatR;

namespace Host.Pipeline;

internal static class Telemetry
{
    public const string Name = "FollowUps";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    public static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "followups.request.duration",
        "ms",
        "How long a module took over a request."
    );
}

internal sealed class TelemetryBehavior<TRequest, TResponse> : IPipelineBehavior<TRequest, TResponse>
    where TRequest : notnull
{
    private static readonly KeyValuePair<string, object?> Tag = new("request", typeof(TRequest).Name);

    public async Task<TResponse> Handle(
        TRequest request,
        RequestHandlerDelegate<TResponse> next,
        CancellationToken cancellationToken
    )
    {
        using var activity = Telemetry.Source.StartActivity(typeof(TRequest).Name);
        var started = Stopwatch.GetTimestamp();
        try
        {
            return await next(cancellationToken);
        }
        catch (Exception problem)
        {
            activity?.SetStatus(ActivityStatusCode.Error, problem.GetType().Name);
            throw;
        }
        finally
        {
            Telemetry.Duration.Record(Stopwatch.GetElapsedTime(started).TotalMilliseconds, Tag);
        }
    }
}
