using System.Diagnostics.Metrics;
using System.Text.Json;
using FollowUps.Dispatch;

namespace FollowUps;

// What this module measures. Names and tags only: no content, addresses or keys.
internal sealed class FollowUpsMeter : IDisposable
{
    public const string Name = "FollowUps";

    private readonly Meter meter;
    private readonly Histogram<double> duplicateCheck;
    private readonly Histogram<double> lateness;
    private readonly Counter<long> deliveries;

    public FollowUpsMeter(IMeterFactory? meters)
    {
        meter = meters?.Create(Name) ?? new Meter(Name);
        duplicateCheck = meter.CreateHistogram(
            "followups.duplicate_check.duration",
            "s",
            "How long the database took until it knew about duplicates, when one follow-up was scheduled.",
            advice: Buckets(0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16)
        );
        lateness = meter.CreateHistogram(
            "followups.dispatch.lateness",
            "s",
            "How long after its due time, its retry time or the end of its hold a follow-up was sent.",
            advice: Buckets(0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600)
        );
        deliveries = meter.CreateCounter<long>(
            "followups.deliveries",
            "{delivery}",
            "What became of claimed follow-ups, by channel."
        );
    }

    public void CheckedForDuplicates(double seconds) => duplicateCheck.Record(seconds);

    public void Sent(double secondsLate) => lateness.Record(secondsLate);

    public void Finished(string? channel, string outcome, int count) =>
        deliveries.Add(
            count,
            new("channel", channel ?? "none"),
            new("outcome", JsonNamingPolicy.SnakeCaseLower.ConvertName(outcome))
        );

    // A rate needs a sample from before the first of them.
    public void Open(IEnumerable<string> channels)
    {
        foreach (var channel in (string?[])[.. channels, null])
        {
            foreach (var outcome in Enum.GetNames<OutcomeKind>().Append(Recording.PutOff))
            {
                Finished(channel, outcome, 0);
            }
        }
    }

    public void Dispose() => meter.Dispose();

    private static InstrumentAdvice<double> Buckets(params double[] boundaries) =>
        new() { HistogramBucketBoundaries = boundaries };
}
