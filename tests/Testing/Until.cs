namespace Testing;

// Waits for what a background service brings about.
public static class Until
{
    // Reached by a failure alone: a crowded machine may take its time.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static async Task<T> NotNull<T>(Func<Task<T?>> look)
        where T : class
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (true)
        {
            if (await look() is { } found)
            {
                return found;
            }

            await Task.Delay(20, deadline.Token);
        }
    }
}
