using Microsoft.Extensions.Options;

namespace FollowUps.Dispatch;

// How long before it is due a follow-up is claimed, so that it is worded and written down when its instant comes: as long as that took lately,
// and half as much again. The writing down, which looks once more whether it may go, is left for the last part of it.
internal sealed class Lead(IOptions<FollowUpsOptions> options)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(20);

    private long whole = Math.Min(First.Ticks, options.Value.PrepareAheadMax.Ticks);
    private long writing = Math.Min(First.Ticks, options.Value.PrepareAheadMax.Ticks) / 2;

    public TimeSpan Current => TimeSpan.FromTicks(Volatile.Read(ref whole));

    public TimeSpan Writing => TimeSpan.FromTicks(Volatile.Read(ref writing));

    public void Learn(TimeSpan took, TimeSpan wrote)
    {
        Follow(ref whole, took);
        Follow(ref writing, wrote);
    }

    // One slow preparation is heeded at once and forgotten over the next few: being early costs a wait, being late is what it is for.
    private void Follow(ref long ticks, TimeSpan took)
    {
        var aim = Math.Min(took.Ticks * 3 / 2, options.Value.PrepareAheadMax.Ticks);
        var now = Volatile.Read(ref ticks);
        Volatile.Write(ref ticks, aim > now ? aim : now + (aim - now) / 4);
    }
}
