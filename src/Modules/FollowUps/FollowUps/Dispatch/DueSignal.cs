using Microsoft.Extensions.Options;

namespace FollowUps.Dispatch;

// Wakes the dispatcher when something falls due before it meant to look again, and keeps what the Host that keeps time is to be told.
internal sealed class DueSignal(IOptions<FollowUpsOptions> options, TimeProvider clock)
{
    private readonly Lock gate = new();
    private DateTimeOffset wakeAt = DateTimeOffset.MaxValue;
    private DateTimeOffset untold = DateTimeOffset.MaxValue;
    private TaskCompletionSource earlier = New();
    private TaskCompletionSource telling = New();
    private volatile bool keepsTime;

    // Whether this Host is the one that wakes for everything, whoever scheduled it.
    public bool KeepsTime
    {
        get => keepsTime;
        set => keepsTime = value;
    }

    public void Announce(DateTimeOffset dueAt)
    {
        Hear(dueAt);

        // Whoever keeps time finds by its own sweep what is due later than the next one.
        if (!keepsTime && dueAt < clock.GetUtcNow() + options.Value.DispatchSweepEvery)
        {
            lock (gate)
            {
                untold = dueAt < untold ? dueAt : untold;
                telling.TrySetResult();
            }
        }
    }

    public void Hear(DateTimeOffset dueAt)
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

    // Completes when there is something to tell. However much was announced meanwhile, it is the earliest that is told.
    public async Task<DateTimeOffset?> UntoldAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        Task any;
        lock (gate)
        {
            any = telling.Task;
        }

        using var nap = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(Task.Delay(patience, clock, nap.Token), any);
        await nap.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            if (!telling.Task.IsCompleted)
            {
                return null;
            }

            var earliest = untold;
            untold = DateTimeOffset.MaxValue;
            telling = New();
            return earliest;
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

    // Wakes ahead by the lead: what is due then is still to be prepared. Never later than it meant to at first, though the clock be set back.
    public async Task SleepUntilAsync(DateTimeOffset until, Lead lead, CancellationToken cancellationToken)
    {
        var (began, longest) = (clock.GetTimestamp(), until - clock.GetUtcNow());
        while (true)
        {
            Task woken;
            TimeSpan wait;
            lock (gate)
            {
                wakeAt = wakeAt < until ? wakeAt : until;
                wait = wakeAt - lead.Current - clock.GetUtcNow();
                var rest = longest - clock.GetElapsedTime(began);
                wait = rest < wait ? rest : wait;
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
