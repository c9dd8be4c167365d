using Host.Telemetry;
using Microsoft.Extensions.Time.Testing;

namespace Host.Tests.Telemetry;

public sealed class SlidingWindowTests
{
    private readonly FakeTimeProvider clock = new(DateTimeOffset.UnixEpoch.AddYears(60));

    [Fact]
    public void Percentiles_are_true_to_one_percent_and_the_average_is_exact()
    {
        var window = new SlidingWindow(clock);
        foreach (var milliseconds in Enumerable.Range(1, 1000).Reverse())
        {
            window.Add(milliseconds);
        }

        var read = window.Read();

        Assert.Equal((1000, 500.5), (read.Count, read.Average!.Value));
        Assert.InRange(read.P50!.Value, 495, 505);
        Assert.InRange(read.P95!.Value, 940.5, 959.5);
        Assert.InRange(read.P99!.Value, 980.1, 999.9);
    }

    [Fact]
    public void What_is_older_than_the_window_is_forgotten()
    {
        var window = new SlidingWindow(clock);
        window.Add(100);
        clock.Advance(SlidingWindow.Length / 2);
        window.Add(10);
        clock.Advance(SlidingWindow.Length / 2);

        Assert.Equal((1, 10.0), (window.Read().Count, window.Read().Average!.Value));

        clock.Advance(SlidingWindow.Length);

        Assert.Equal(new Durations(0, null, null, null, null), window.Read());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1e9)]
    public void What_no_bucket_is_for_is_counted_in_the_outermost(double milliseconds)
    {
        var window = new SlidingWindow(clock);

        window.Add(milliseconds);

        Assert.Equal(1, window.Read().Count);
    }
}
