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

        Assert.Equal(new Durations(0, null, null, null, null, 0), window.Read());
    }

    [Fact]
    public void A_clock_that_is_set_back_keeps_nothing_longer()
    {
        var wall = new Wall(clock);
        var window = new SlidingWindow(wall);
        window.Add(100);
        wall.SetBack = TimeSpan.FromMinutes(61);
        window.Add(10);

        Assert.Equal(2, window.Read().Count);

        clock.Advance(SlidingWindow.Length);

        Assert.Equal(0, window.Read().Count);
    }

    [Fact]
    public void Failures_are_counted_apart_and_make_no_duration()
    {
        var window = new SlidingWindow(clock);
        window.Add(100);
        window.AddFailure();

        Assert.Equal((1, 100.0, 1), (window.Read().Count, window.Read().Average!.Value, window.Read().Failed));

        clock.Advance(SlidingWindow.Length);

        Assert.Equal(0, window.Read().Failed);
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

    // Set back, while time goes on.
    private sealed class Wall(FakeTimeProvider time) : TimeProvider
    {
        public TimeSpan SetBack { get; set; }

        public override long TimestampFrequency => time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() - SetBack;

        public override long GetTimestamp() => time.GetTimestamp();
    }
}
