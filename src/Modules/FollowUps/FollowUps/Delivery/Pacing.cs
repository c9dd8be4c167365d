using FollowUps.Contracts;

namespace FollowUps.Delivery;

// How fast a lane goes.
internal sealed class Pacing(DeliveryPace pace, TimeProvider clock)
{
    // Timers tick in milliseconds: what they lose is made up for by going ahead this much.
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(50);

    private readonly Lock gate = new();

    private DateTimeOffset paced;
    private DateTimeOffset promised;
    private TimeSpan usual;

    // How long to wait for one's place in the rate; null when that is longer than patience lasts.
    public TimeSpan? Wait(int count, DateTimeOffset patience)
    {
        if (pace.PerSecond is not { } rate)
        {
            return TimeSpan.Zero;
        }

        lock (gate)
        {
            var now = clock.GetUtcNow();
            var place = paced > now - Burst ? paced : now - Burst;
            if (place > patience)
            {
                return null;
            }

            paced = place + TimeSpan.FromSeconds(count / rate);
            return place > now ? place - now : TimeSpan.Zero;
        }
    }

    public void Learn(TimeSpan took)
    {
        lock (gate)
        {
            usual += (took - usual) / 8;
        }
    }

    // When to come again: one behind the other, so that they do not come back together.
    public DateTimeOffset Promise()
    {
        var now = clock.GetUtcNow();
        lock (gate)
        {
            var apart = pace.PerSecond is { } rate ? TimeSpan.FromSeconds(1 / rate) : usual / pace.Concurrency;
            return promised = (promised > now ? promised : now) + apart;
        }
    }
}
