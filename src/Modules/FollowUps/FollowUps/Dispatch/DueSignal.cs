namespace FollowUps.Dispatch;

// Wakes the dispatcher when something falls due before it meant to look again.
internal sealed class DueSignal(TimeProvider clock)
{
    private readonly Lock gate = new();
    private DateTimeOffset wakeAt = DateTimeOffset.MaxValue;
    private TaskCompletionSource earlier = New();

    public void Announce(DateTimeOffset dueAt)
    {
        lock (gate)
        {
            if (dueAt < wakeAt)
            {
                wakeAt = dueAt;
                earlier.TrySetResult();
            }
        }
    }

    // Called before the dispatcher looks into the database: what is announced from then on is not missed.
    public void Reset()
    {
        lock (gate)
        {
            wakeAt = DateTimeOffset.MaxValue;
            earlier = New();
        }
    }

    public async Task SleepUntilAsync(DateTimeOffset until, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task woken;
            TimeSpan wait;
            lock (gate)
            {
                wakeAt = wakeAt < until ? wakeAt : until;
                wait = wakeAt - clock.GetUtcNow();
                if (wait <= TimeSpan.Zero)
                {
                    return;
                }

                if (earlier.Task.IsCompleted)
                {
                    earlier = New();
                }

                woken = earlier.Task;
            }

            using var nap = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(Task.Delay(wait, clock, nap.Token), woken);
            await nap.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
