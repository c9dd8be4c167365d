using Microsoft.Extensions.Options;

namespace FollowUps.Dispatch;

// How long before it is due a follow-up is claimed, so that it is worded and written down when its instant comes: as long as that took lately,
// and half as much again. So the time between the claim's checks and the hand-over is about what it is without, over a slow link too.
internal sealed class Lead(IOptions<FollowUpsOptions> options)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(20);

    private long ticks = Math.Min(First.Ticks, options.Value.PrepareAheadMax.Ticks);

    public TimeSpan Current => TimeSpan.FromTicks(Volatile.Read(ref ticks));

    // One slow preparation is heeded at once and forgotten slowly: being early costs a wait, being late is what it is for.
    public void Learn(TimeSpan took)
    {
        var aim = Math.Min(took.Ticks * 3 / 2, options.Value.PrepareAheadMax.Ticks);
        var now = Volatile.Read(ref ticks);
        Volatile.Write(ref ticks, aim > now ? aim : now + (aim - now) / 8);
    }
}
