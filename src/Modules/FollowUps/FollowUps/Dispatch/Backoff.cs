namespace FollowUps.Dispatch;

internal static class Backoff
{
    // Exponential with full jitter: anything between nothing and the doubled delay, so that failures do not come back together.
    public static TimeSpan After(int attempt, FollowUpsOptions options)
    {
        var ceiling = options.BackoffBase * Math.Pow(2, Math.Min(attempt - 1, 30));
        return (ceiling < options.BackoffMax ? ceiling : options.BackoffMax) * Random.Shared.NextDouble();
    }
}
