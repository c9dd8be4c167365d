using System.Diagnostics.Metrics;

namespace Host.Telemetry;

// Counts the crossings made on behalf of what runs in this flow of execution, by the instrument in which Npgsql counts each command or batch
// that starts. (Its activities tell the same, but for each it would write all SQL of the batch into a string.) What is asked from inside another
// request counts for both. A joined write's crossing counts for each that crosses with it.
internal sealed class Crossings
{
    public const string Tag = "followups.crossings";

    private static readonly AsyncLocal<Crossings?> Current = new();

    private static readonly MeterListener Listener = Listen();

    private readonly Crossings? outer = Current.Value;
    private int count;

    private Crossings() { }

    // Of the request that runs in this flow; null where none does.
    public static Crossings? OfFlow => Current.Value;

    public int Count => Volatile.Read(ref count);

    // Until the calling asynchronous method returns.
    public static Crossings Begin()
    {
        _ = Listener;
        return Current.Value = new Crossings();
    }

    private static MeterListener Listen()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument is { Meter.Name: "Npgsql", Name: "db.client.operation.npgsql.executing" })
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>(
            (_, change, _, _) =>
            {
                if (change > 0)
                {
                    Current.Value?.Add(1);
                }
            }
        );
        listener.Start();
        return listener;
    }

    public void Add(int crossed)
    {
        Interlocked.Add(ref count, crossed);
        outer?.Add(crossed);
    }
}
