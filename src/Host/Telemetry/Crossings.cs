using System.Diagnostics;

namespace Host.Telemetry;

// Counts the crossings made on behalf of what runs in this flow of execution, by the activity that Npgsql starts for each command or batch. What
// is asked from inside another request counts for both. A single write that joins another caller's crossing makes none of its own.
internal sealed class Crossings
{
    public const string Tag = "followups.crossings";

    private static readonly AsyncLocal<Crossings?> Current = new();

    private static readonly ActivityListener Listener = Listen();

    private readonly Crossings? outer = Current.Value;
    private int count;

    private Crossings() { }

    public int Count => Volatile.Read(ref count);

    // Until the calling asynchronous method returns.
    public static Crossings Begin()
    {
        _ = Listener;
        return Current.Value = new Crossings();
    }

    private static ActivityListener Listen()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            // No data: whoever exports traces asks for that, and decides how many.
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
            ActivityStarted = activity =>
            {
                if (!IsOpening(activity))
                {
                    Current.Value?.Add();
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private static bool IsOpening(Activity activity) =>
        activity.OperationName.StartsWith("CONNECT", StringComparison.Ordinal);

    private void Add()
    {
        Interlocked.Increment(ref count);
        outer?.Add();
    }
}
