using System.Diagnostics.Metrics;

namespace Host.Telemetry;

// The four operations that have a target, watched over a sliding window. It listens to the same instruments that are exported.
internal sealed class PerformanceWindows : IDisposable
{
    private readonly MeterListener listener = new();
    private readonly Dictionary<string, SlidingWindow> windows;

    public PerformanceWindows(IMeterFactory meters, TimeProvider clock)
    {
        windows = Target.All.ToDictionary(
            target => target.Operation,
            _ => new SlidingWindow(clock),
            StringComparer.Ordinal
        );
        listener.InstrumentPublished = (instrument, self) =>
        {
            // Another Host in this process has instruments of the same names.
            if (
                ReferenceEquals(instrument.Meter.Scope, meters)
                && instrument.Name is Instruments.OperationDuration or Target.DuplicateCheckDuration
            )
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>(
            (instrument, seconds, tags, _) =>
            {
                var operation =
                    instrument.Name == Instruments.OperationDuration ? tags[0].Value as string : Target.DuplicateCheck;
                if (!windows.TryGetValue(operation!, out var window))
                {
                    return;
                }

                if (tags.Length > 1 && tags[1].Value is Instruments.OutcomeFailed)
                {
                    window.AddFailure();
                }
                else
                {
                    window.Add(seconds * 1000);
                }
            }
        );
        listener.Start();
    }

    public Durations Of(string operation) => windows[operation].Read();

    public void Dispose() => listener.Dispose();
}

// What the reference system's performance analysis asked for, over a link of some 270 ms.
internal sealed record Target(string Operation, double Milliseconds, string Measures)
{
    public const string DuplicateCheck = "duplicate_check";
    public const string DuplicateCheckDuration = "followups.duplicate_check.duration";

    public static readonly IReadOnlyList<Target> All =
    [
        new(
            Telemetry.Operation.StoreMessage,
            400,
            "Storing one message with its conversation's statistics, from the request's arrival in the module to its answer, the database link included."
        ),
        new(
            DuplicateCheck,
            80,
            "The check alone as the database times it, from the statement's start until the answer about duplicates is known. It never crosses the link by itself: it is part of the crossing of schedule_followup, which holds its share of the link."
        ),
        new(Telemetry.Operation.EmotionHistory, 40, "Reading one emotion history, the database link included."),
        new(
            Telemetry.Operation.ScheduleFollowUp,
            280,
            "Scheduling one follow-up with duplicate check, cap and choice of words, the database link included."
        ),
    ];
}
