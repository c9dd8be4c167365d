using FollowUps.Contracts;
using Host.Scheduling;
using MediatR;
using Microsoft.Extensions.Options;

namespace Host.Telemetry;

// How dispatch stood when last looked at. Whoever watches (a probe, a scrape, an exporter) makes it look again; between them they ask the
// database once a while, and wait no longer than a moment for its answer.
internal sealed class DispatchWatch(
    IServiceProvider services,
    IRecurringScheduler scheduler,
    IOptions<HealthOptions> options,
    TimeProvider clock
) : IDisposable
{
    public const int CountUpTo = 100_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim turn = new(1);

    public DispatchState Last { get; private set; } = new(DateTimeOffset.MinValue, null, false);

    public async Task<DispatchState> LookAsync(TimeSpan maxAge, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            if (clock.GetUtcNow() - Last.At > maxAge)
            {
                var health = await AskAsync(cancellationToken);
                Last = new DispatchState(clock.GetUtcNow(), health, scheduler.IsRunning);
            }

            return Last;
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();

    private async Task<DispatchHealth?> AskAsync(CancellationToken cancellationToken)
    {
        // Further than the backlog that is to be told of.
        var upTo = (int)Math.Clamp(options.Value.MaxOverdue + 1L, CountUpTo, int.MaxValue);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            // Not only told to give up: a server that is gone does not answer that either.
            return await services
                .GetRequiredService<ISender>()
                .Send(new GetDispatchHealth(upTo), patience.Token)
                .WaitAsync(Patience, clock, cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever the reason, there is no answer: counted as a failure of the operation where it happened.
            return null;
        }
    }
}

// Health is null when the database gave no answer.
internal sealed record DispatchState(DateTimeOffset At, DispatchHealth? Health, bool SchedulerRunning)
{
    public TimeSpan Behind => Since(Health?.NextAt);

    public TimeSpan HeldLongest => Since(Health?.HeldSince);

    private TimeSpan Since(DateTimeOffset? instant) => instant < At ? At - instant.Value : TimeSpan.Zero;
}
