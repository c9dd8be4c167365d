using System.Diagnostics;
using System.Diagnostics.Metrics;
using FollowUps.Contracts;
using Host.Pipeline;

namespace Host.Telemetry;

// What the Host measures itself. Names and tags only: no content, addresses or keys.
internal sealed class Instruments
{
    public const string Name = "FollowUps.Host";
    public const string OperationDuration = "followups.operation.duration";
    public const string OutcomeFailed = "failed";

    public static readonly ActivitySource Source = new(Name);

    private readonly Histogram<double> duration;
    private readonly Histogram<int> crossings;
    private readonly Counter<long> failures;

    public Instruments(IMeterFactory meters, DispatchWatch dispatch)
    {
        var meter = meters.Create(Name);
        duration = meter.CreateHistogram(
            OperationDuration,
            "s",
            "How long a module took over a request.",
            // The targets (40, 80, 280 and 400 ms) are boundaries, so that the share within each can be read exactly.
            advice: Buckets(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.28, 0.4, 0.8, 1.6, 3.2, 10)
        );
        crossings = meter.CreateHistogram(
            "followups.operation.crossings",
            "{crossing}",
            "How often a request crossed the database link.",
            advice: Buckets(0, 1, 2, 3, 5, 10, 100)
        );
        failures = meter.CreateCounter<long>(
            "followups.operation.failures",
            "{request}",
            "Requests that ended in an exception, by its type."
        );
        meter.CreateObservableGauge(
            "followups.database.up",
            () => dispatch.Last.Health is null ? 0 : 1,
            description: "1 while the database answers."
        );
        meter.CreateObservableGauge(
            "followups.scheduler.running",
            () => dispatch.Last.SchedulerRunning ? 1 : 0,
            description: "1 while the scheduler of this Host runs."
        );
        // No answer is no backlog of zero, which would end an alert just when the database is gone.
        void Gauge<T>(string name, string unit, string description, Func<DispatchState, DispatchHealth, T> read)
            where T : struct =>
            meter.CreateObservableGauge<T>(
                name,
                () => dispatch.Last is { Health: { } health } last ? [new(read(last, health))] : [],
                unit,
                description
            );

        Gauge(
            "followups.dispatch.pending",
            "{followup}",
            $"Follow-ups still to be sent; {DispatchWatch.CountUpTo} stands for more too.",
            (_, health) => health.Pending
        );
        Gauge(
            "followups.dispatch.overdue",
            "{followup}",
            "Follow-ups that should have been looked at more than FollowUps:OverdueAfter ago.",
            (_, health) => health.Overdue
        );
        Gauge(
            "followups.dispatch.behind",
            "s",
            "How long the follow-up that should be looked at next has been due.",
            (last, _) => last.Behind.TotalSeconds
        );
        Gauge(
            "followups.dispatch.held",
            "{followup}",
            "Follow-ups that wait for the end of an escalation.",
            (_, health) => health.Held
        );
        Gauge(
            "followups.dispatch.held_longest",
            "s",
            "For how long the one that has waited longest for the end of an escalation has been due.",
            (last, _) => last.HeldLongest.TotalSeconds
        );
        meter.CreateObservableGauge(
            "followups.dispatch.paused",
            () => dispatch.Last.Health is { } health ? Enum.GetValues<FollowUpTrigger>().Select(IsPaused(health)) : [],
            description: "1 while the follow-ups of a trigger are paused."
        );
    }

    // A request that failed at once says nothing of how long the operation takes; one that ran into its time does.
    public void Took(string operation, TimeSpan time, int crossed, Exception? problem)
    {
        var tag = new KeyValuePair<string, object?>("operation", operation);
        duration.Record(
            time.TotalSeconds,
            tag,
            new(
                "outcome",
                problem is null ? "done"
                    : Faults.IsTimeout(problem) ? "timeout"
                    : OutcomeFailed
            )
        );
        crossings.Record(crossed, tag);
    }

    private static Func<FollowUpTrigger, Measurement<int>> IsPaused(DispatchHealth health) =>
        trigger =>
            new(
                health.Paused.Contains(trigger) ? 1 : 0,
                new KeyValuePair<string, object?>("trigger", EnumWordConverter.Word(trigger))
            );

    public void Failed(string operation, Exception problem) =>
        failures.Add(1, new("operation", operation), new("exception", problem.GetType().Name));

    private static InstrumentAdvice<T> Buckets<T>(params T[] boundaries)
        where T : struct => new() { HistogramBucketBoundaries = boundaries };
}
