namespace FollowUps.Dispatch;

internal static class Backoff
{
    // Exponential with full jitter: anything between nothing and the doubled delay, so that failures do not come back together.
    public static TimeSpan After(int attempt, FollowUpsOptions options)
    {
        // In ticks, which as a double do not overflow.
        var doubled = options.BackoffBase.Ticks * Math.Pow(2, attempt - 1);
        return TimeSpan.FromTicks((long)(Math.Min(doubled, options.BackoffMax.Ticks) * Random.Shared.NextDouble()));
    }
}
