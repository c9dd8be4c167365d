using System.Diagnostics.Metrics;

namespace FollowUps;

// What this module measures. Names and tags only: no content, addresses or keys.
internal sealed class FollowUpsMeter : IDisposable
{
    public const string Name = "FollowUps";

    private readonly Meter meter;
    private readonly Histogram<double> duplicateCheck;

    public FollowUpsMeter(IMeterFactory? meters)
    {
        meter = meters?.Create(Name) ?? new Meter(Name);
        duplicateCheck = meter.CreateHistogram(
            "followups.duplicate_check.duration",
            "s",
            "How long the database took until it knew about duplicates, when one follow-up was scheduled.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16],
            }
        );
    }

    public void CheckedForDuplicates(double seconds) => duplicateCheck.Record(seconds);

    public void Dispose() => meter.Dispose();
}
