using System.Collections.Concurrent;
using FollowUps.Delivery;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FollowUps.Dispatch;

// Sleeps until the next follow-up is due, or until an earlier one is announced; where another Host keeps time, until the next sweep. What it
// claims is sent beside it, a bounded number of batches at once. One that only waits for answers counts no longer, so that a channel that hangs
// does not make the others late.
internal sealed partial class Dispatcher(
    Claims claims,
    Sending sending,
    DueSignal due,
    Lead lead,
    Channels channels,
    FollowUpsMeter meter,
    IOptions<FollowUpsOptions> options,
    TimeProvider clock,
    ILogger<Dispatcher> logger
) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim free = new(options.Value.DispatchParallelism);
    private readonly ConcurrentDictionary<Task, byte> underWay = new();

    // Follow-ups of batches that count no longer. What is not recorded is uncertain after a crash: so they are as many as may count, at most.
    private int waiting;

    private int MostWaiting => options.Value.DispatchBatchSize * options.Value.DispatchParallelism;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.DispatchEnabled)
        {
            return;
        }

        meter.Open(channels.Names);
        try
        {
            while (true)
            {
                await due.SleepUntilAsync(await DispatchAsync(stoppingToken), lead, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is on its way is waited for: the host's shutdown timeout bounds it.
            await Task.WhenAll(underWay.Keys);
        }
    }

    public override void Dispose()
    {
        free.Dispose();
        base.Dispose();
    }

    // Takes all that is due; answers when to look again.
    private async Task<DateTimeOffset> DispatchAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await free.WaitAsync(stoppingToken);
            ClaimedBatch batch;

            // A claim that is given up may have been made: nobody would give it back. So it is waited for, and then given back.
            using var giveUp = new CancellationTokenSource();
            await using var stopping = stoppingToken.Register(() => giveUp.CancelAfter(options.Value.StopGrace));
            try
            {
                due.Reset();
                batch = await claims.TakeAsync(lead.Current, giveUp.Token);
            }
            catch (Exception problem) when (problem is not OperationCanceledException)
            {
                free.Release();
                LogNotClaimed(logger, Faults.Describe(problem));
                return clock.GetUtcNow() + options.Value.DispatchRetryAfter;
            }
            catch (OperationCanceledException)
            {
                free.Release();
                throw;
            }

            var sent = SendAsync(batch, stoppingToken);
            if (!sent.IsCompleted)
            {
                underWay[sent] = 0;
                _ = sent.ContinueWith(_ => underWay.TryRemove(sent, out var _), TaskScheduler.Default);
            }

            if (!batch.More)
            {
                // Others may schedule too, and die: what they left is found by looking now and then, not all at the same moment.
                var sweep =
                    clock.GetUtcNow() + options.Value.DispatchSweepEvery * (0.75 + Random.Shared.NextDouble() / 4);
                if (batch.Claims.Count == 0 && batch.NextAt <= batch.At)
                {
                    // Due, and not to be had: somebody holds its row.
                    await Task.Delay(Pause, clock, stoppingToken);
                }

                return due.KeepsTime && batch.NextAt < sweep ? batch.NextAt.Value : sweep;
            }
        }
    }

    private async Task SendAsync(ClaimedBatch batch, CancellationToken stoppingToken)
    {
        var counts = true;
        try
        {
            var (_, nextAt) = await sending.SendAsync(batch, HandedOver, stoppingToken);
            if (nextAt is { } putOff)
            {
                due.Announce(putOff);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Released, or uncertain when its lease ends.
        }
        catch (Exception problem)
        {
            LogNotSent(logger, batch.Claims.Count, Faults.Describe(problem));
        }
        finally
        {
            if (counts)
            {
                free.Release();
            }
            else
            {
                Interlocked.Add(ref waiting, -batch.Claims.Count);
            }
        }

        void HandedOver()
        {
            if (Interlocked.Add(ref waiting, batch.Claims.Count) <= MostWaiting)
            {
                counts = false;
                free.Release();
            }
            else
            {
                Interlocked.Add(ref waiting, -batch.Claims.Count);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Due follow-ups could not be claimed; trying again: {Fault}")]
    private static partial void LogNotClaimed(ILogger logger, string fault);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "A batch of {Count} follow-ups was not finished; it is taken up again when its leases end: {Fault}"
    )]
    private static partial void LogNotSent(ILogger logger, int count, string fault);
}
