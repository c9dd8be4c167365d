using Host.Pipeline;
using MediatR;

namespace Host.Scheduling;

// Runs a work when the scheduler says so: once for a firing however many Hosts there are, never two runs of a work at a time, a failure
// logged and over with. What a Host that died or was cut short left undone is taken up by the next that runs anything. Registered before the
// scheduler, hence stopped after it: then it waits for what still runs.
internal sealed partial class RecurringRuns(
    IReadOnlyList<RecurringWork> works,
    IRecurringScheduler scheduler,
    Firings firings,
    ISender modules,
    IServiceProvider host,
    TimeProvider clock,
    ILogger<RecurringRuns> logger
) : IHostedService, IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Task> running = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource abandoned = new();
    private bool stopped;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        foreach (var work in works)
        {
            if (LastDue(work, now) is { } missed)
            {
                _ = RunAsync(work.Name, missed);
            }
        }

        return Task.CompletedTask;
    }

    public Task RunAsync(string name, DateTimeOffset dueAt)
    {
        var work = works.Single(known => known.Name == name);
        var done = new TaskCompletionSource();
        lock (gate)
        {
            if (stopped || !running.TryAdd(name, done.Task))
            {
                return Task.CompletedTask;
            }
        }

        return RunAsync(work, dueAt, done);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task[] unfinished;
        lock (gate)
        {
            stopped = true;
            unfinished = [.. running.Values];
        }

        await using var timeout = cancellationToken.Register(abandoned.Cancel);
        await Task.WhenAll(unfinished);
    }

    public void Dispose() => abandoned.Dispose();

    private async Task RunAsync(RecurringWork work, DateTimeOffset dueAt, TaskCompletionSource done)
    {
        try
        {
            if (await FireAsync(work, dueAt))
            {
                foreach (var (name, leftAt) in await firings.UnfinishedAsync(abandoned.Token))
                {
                    if (works.Any(known => known.Name == name))
                    {
                        _ = RunAsync(name, leftAt);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (abandoned.IsCancellationRequested)
        {
            LogAbandoned(logger, work.Name);
        }
        catch (Exception problem)
        {
            LogFailed(logger, work.Name, Faults.Describe(problem));
        }
        finally
        {
            lock (gate)
            {
                running.Remove(work.Name);
            }

            done.SetResult();
        }
    }

    // False when it is another Host's, or nothing for this one.
    private async Task<bool> FireAsync(RecurringWork work, DateTimeOffset dueAt)
    {
        if (work.Request(host) is not { } request)
        {
            return false;
        }

        await using var firing = await firings.ClaimAsync(work.Name, dueAt, abandoned.Token);
        if (firing is null)
        {
            return false;
        }

        try
        {
            await modules.Send(request, abandoned.Token);
        }
        catch (Exception problem) when (!abandoned.IsCancellationRequested)
        {
            LogFailed(logger, work.Name, Faults.Describe(problem));
        }

        await firing.DoneAsync(abandoned.Token);
        return true;
    }

    private DateTimeOffset? LastDue(RecurringWork work, DateTimeOffset now)
    {
        try
        {
            DateTimeOffset? last = null;
            var next = scheduler.NextAfter(work.Cron, now - work.CatchUp);
            while (next <= now)
            {
                last = next;
                next = scheduler.NextAfter(work.Cron, next.Value);
            }

            return last;
        }
        catch (FormatException)
        {
            throw SchedulingOptions.NoCron(work);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Recurring work {Work} failed; it runs again when it is due next: {Fault}"
    )]
    private static partial void LogFailed(ILogger logger, string work, string fault);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Recurring work {Work} was cut short: the Host's shutdown timeout is over"
    )]
    private static partial void LogAbandoned(ILogger logger, string work);
}
