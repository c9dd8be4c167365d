using FollowUps.Contracts;
using FollowUps.Delivery;
using Microsoft.Extensions.Time.Testing;

namespace FollowUps.Tests.Delivery;

public sealed class PacingTests
{
    [Fact]
    public void Who_is_put_off_by_a_channel_that_is_fast_again_does_not_come_behind_its_slow_times()
    {
        var clock = new FakeTimeProvider();
        var pacing = new Pacing(new DeliveryPace(1, 4), clock);
        pacing.Learn(TimeSpan.FromSeconds(80));
        var slow = TimeSpan.Zero;
        for (var putOff = 0; putOff < 1000; putOff++)
        {
            slow = pacing.Promise(clock.GetUtcNow()) - clock.GetUtcNow();
        }

        for (var delivered = 0; delivered < 50; delivered++)
        {
            pacing.Learn(TimeSpan.Zero);
        }

        Assert.Equal(TimeSpan.FromSeconds(2500), slow);
        Assert.InRange(
            pacing.Promise(clock.GetUtcNow()) - clock.GetUtcNow(),
            TimeSpan.FromSeconds(1),
            TimeSpan.FromSeconds(10)
        );
    }
}
