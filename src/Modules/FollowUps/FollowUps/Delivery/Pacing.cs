using FollowUps.Contracts;

namespace FollowUps.Delivery;

// How fast a lane goes.
internal sealed class Pacing(DeliveryPace pace, TimeProvider clock)
{
    // Timers tick in milliseconds: what they lose is made up for by going ahead this much.
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(50);

    // Between two that wait for a provider to come back, fast as it may be: thousands that look again at once would keep the others from theirs.
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(1);

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

    // From a call that delivered: how long one hung or took to fail tells nothing of how fast it goes afterwards. As it gets
    // faster, the end of the queue comes nearer: who is put off then must not come behind instants that slow times gave.
    public void Learn(TimeSpan took)
    {
        lock (gate)
        {
            var before = usual;
            usual += (took - usual) / 8;
            if (pace.PerSecond is null && usual < before && promised - clock.GetUtcNow() is { Ticks: > 0 } ahead)
            {
                promised -= ahead * (1 - usual / before);
            }
        }
    }

    // When to come again, and not before the instant: one behind the other at the lane's own speed, so that they do not come back together.
    public DateTimeOffset Promise(DateTimeOffset earliest)
    {
        lock (gate)
        {
            var apart = pace.PerSecond is { } rate ? TimeSpan.FromSeconds(1 / rate) : usual / pace.Concurrency;
            if (earliest > clock.GetUtcNow() && apart < Least)
            {
                apart = Least;
            }

            return promised = (promised > earliest ? promised : earliest) + apart;
        }
    }
}
