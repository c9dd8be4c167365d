namespace Host.Telemetry;

// Durations of the last five minutes, in slices that are forgotten one by one. A slice counts its durations in buckets, each 2 % wider than the
// one before: percentiles are true to 1 %, count and average exactly, and the memory does not grow with the load.
internal sealed class SlidingWindow(TimeProvider clock)
{
    public static readonly TimeSpan Length = TimeSpan.FromMinutes(5);

    private const double Narrowest = 0.01;
    private const double Growth = 1.02;
    private const int Buckets = 900;
    private const int Slices = 30;

    private static readonly double LogGrowth = Math.Log(Growth);
    private static readonly long SliceTicks = Length.Ticks / Slices;

    private readonly Lock gate = new();
    private readonly Slice[] slices = [.. Enumerable.Range(0, Slices).Select(_ => new Slice())];

    public void Add(double milliseconds)
    {
        var bucket = (int)(Math.Log(Math.Max(milliseconds, Narrowest) / Narrowest) / LogGrowth);
        lock (gate)
        {
            var slice = Current();
            slice.Counts[Math.Min(bucket, Buckets - 1)]++;
            slice.Count++;
            slice.Sum += milliseconds;
        }
    }

    public void AddFailure()
    {
        lock (gate)
        {
            Current().Failed++;
        }
    }

    public Durations Read()
    {
        var oldest = Number() - Slices + 1;
        var counts = new long[Buckets];
        var (count, sum, failed) = (0L, 0.0, 0L);
        lock (gate)
        {
            foreach (var slice in slices.Where(slice => slice.Number >= oldest))
            {
                count += slice.Count;
                sum += slice.Sum;
                failed += slice.Failed;
                for (var i = 0; i < Buckets; i++)
                {
                    counts[i] += slice.Counts[i];
                }
            }
        }

        return count == 0
            ? new Durations(0, null, null, null, null, failed)
            : new Durations(
                count,
                sum / count,
                Rank(counts, count, 0.5),
                Rank(counts, count, 0.95),
                Rank(counts, count, 0.99),
                failed
            );
    }

    // Not by the time of day, which may be set back.
    private long Number() => clock.GetElapsedTime(0).Ticks / SliceTicks;

    // Under the gate.
    private Slice Current()
    {
        var number = Number();
        var slice = slices[number % Slices];
        if (slice.Number != number)
        {
            slice.Begin(number);
        }

        return slice;
    }

    private static double Rank(long[] counts, long count, double share)
    {
        var rank = (long)Math.Ceiling(count * share);
        var bucket = 0;
        for (var seen = counts[0]; seen < rank; seen += counts[++bucket]) { }

        return Narrowest * Math.Pow(Growth, bucket + 0.5);
    }

    private sealed class Slice
    {
        public long Number { get; private set; } = -1;
        public long[] Counts { get; } = new long[Buckets];
        public long Count { get; set; }
        public double Sum { get; set; }
        public long Failed { get; set; }

        public void Begin(long number)
        {
            Number = number;
            Array.Clear(Counts);
            Count = 0;
            Sum = 0;
            Failed = 0;
        }
    }
}

// In milliseconds; null where nothing was measured. What failed before its time is in none of them.
internal sealed record Durations(long Count, double? Average, double? P50, double? P95, double? P99, long Failed);
