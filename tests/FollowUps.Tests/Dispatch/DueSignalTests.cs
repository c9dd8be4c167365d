using FollowUps.Dispatch;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace FollowUps.Tests.Dispatch;

public sealed class DueSignalTests
{
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(2);

    private readonly Clock clock = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Clock_that_is_set_back_makes_no_sleep_longer()
    {
        var options = Options.Create(new FollowUpsOptions());
        var sleeping = new DueSignal(options, clock).SleepUntilAsync(
            clock.GetUtcNow() + Sweep,
            new Lead(options),
            Token
        );

        clock.SetBack = TimeSpan.FromMinutes(2);
        for (var step = 0; step < 4; step++)
        {
            Assert.False(sleeping.IsCompleted);
            clock.Advance(Sweep / 4);
        }

        await sleeping.WaitAsync(TimeSpan.FromSeconds(20), Token);
    }

    private sealed class Clock : FakeTimeProvider
    {
        public TimeSpan SetBack { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() - SetBack;

        public override long GetTimestamp() => base.GetUtcNow().Ticks;
    }
}
