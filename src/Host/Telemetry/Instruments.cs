using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Host.Telemetry;

// What the Host measures itself. Names and tags only: no content, addresses or keys.
internal sealed class Instruments
{
    public const string Name = "FollowUps.Host";
    public const string OperationDuration = "followups.operation.duration";

    public static readonly ActivitySource Source = new(Name);

    private readonly Histogram<double> duration;

    public Instruments(IMeterFactory meters) =>
        duration = meters
            .Create(Name)
            .CreateHistogram(
                OperationDuration,
                "s",
                "How long a module took over a request.",
                advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Buckets }
            );

    public void Took(string operation, TimeSpan time) =>
        duration.Record(time.TotalSeconds, new KeyValuePair<string, object?>("operation", operation));

    // The targets (40, 80, 280 and 400 ms) are boundaries, so that the share within each can be read exactly.
    private static readonly double[] Buckets =
    [
        0.0005,
        0.001,
        0.002,
        0.005,
        0.01,
        0.02,
        0.04,
        0.08,
        0.16,
        0.28,
        0.4,
        0.8,
        1.6,
        3.2,
        10,
    ];
}
