using System.Diagnostics;

namespace Benchmarks.Reporting;

// Milliseconds, with percentiles by nearest rank.
internal sealed class Latencies
{
    private readonly List<double> all = [];

    public double P50 => At(0.50);

    public double P95 => At(0.95);

    public double P99 => At(0.99);

    public void Add(double milliseconds) => all.Add(milliseconds);

    // One of each in turn, so that what disturbs the machine disturbs all alike.
    public static async Task<Latencies[]> InterleaveAsync(Func<Task>[] ways, int rounds, Action tick)
    {
        var taken = Array.ConvertAll(ways, _ => new Latencies());
        for (var round = 0; round < rounds; round++)
        {
            for (var way = 0; way < ways.Length; way++)
            {
                var started = Stopwatch.GetTimestamp();
                await ways[way]();
                taken[way].Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            tick();
        }

        return taken;
    }

    private double At(double share)
    {
        all.Sort();
        return all[Math.Max(0, (int)Math.Ceiling(share * all.Count) - 1)];
    }
}
