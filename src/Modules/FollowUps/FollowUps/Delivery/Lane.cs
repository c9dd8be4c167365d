using FollowUps.Contracts;
using Microsoft.Extensions.Logging;

namespace FollowUps.Delivery;

// What became of a delivery: the channel's answer; or why and until when it was put off, untried; or nothing: the Host stops.
internal readonly record struct Handover(DeliveryResult? Result, string? PutOff = null, DateTimeOffset? Until = null);

// What is not to be handed over before its instant.
internal sealed record Parcel(DateTimeOffset DueAt, Contracts.Delivery Delivery);

// A channel as this Host uses it: so many calls at once and a second (Pacing), and none while its provider is to be left alone (Circuit). What
// does not get its turn in time is put off, which costs it no attempt.
internal sealed partial class Lane : IDisposable
{
    public const string Unavailable = "channel_unavailable";

    private const string Busy = "channel_busy";

    // Where nobody waits for a turn, those that look again must not do so without a pause.
    private static readonly TimeSpan LeastRest = TimeSpan.FromMilliseconds(100);

    private readonly Circuit circuit;
    private readonly Pacing pacing;
    private readonly SemaphoreSlim turns;
    private readonly FollowUpsOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger<Lane> logger;

    // When a turn was last given or given back.
    private long moved;

    public Lane(IDeliveryChannel channel, FollowUpsOptions options, TimeProvider clock, ILogger<Lane> logger)
    {
        Channel = channel;
        Name = channel.Name;
        this.options = options;
        this.clock = clock;
        this.logger = logger;
        turns = new SemaphoreSlim(channel.Pace.Concurrency);
        pacing = new Pacing(channel.Pace, clock);
        circuit = new Circuit(channel, options, clock, logger);
    }

    public IDeliveryChannel Channel { get; }

    public string Name { get; }

    public bool IsGone => circuit.IsGone;

    private TimeSpan Patience => options.ChannelPatience > LeastRest ? options.ChannelPatience : LeastRest;

    // All turns are taken, and none was given back for longer than anyone waits for one: who did would only keep other channels waiting. Of a
    // channel without bounds a single call that hangs has to tell as much.
    private bool IsStuck =>
        turns.CurrentCount < (IsUnbounded ? int.MaxValue : 1)
        && clock.GetElapsedTime(Volatile.Read(ref moved)) > Patience;

    private bool IsUnbounded => Channel.Pace.Concurrency == int.MaxValue;

    // They come soonest due first, and none is handed over before its instant. When the Host stops, what follows the index that is left is not
    // handed over, and is told before the calls under way are waited for.
    public async Task<Handover[]> DeliverAsync(
        IReadOnlyList<Parcel> parcels,
        Func<int, Task> leave,
        Action handedOver,
        CancellationToken stopping,
        CancellationToken abandoned
    )
    {
        var handovers = new Handover[parcels.Count];
        var calls = new List<Task>();
        var (startedAt, started) = (clock.GetUtcNow(), clock.GetTimestamp());
        var patience = startedAt + options.ChannelPatience;
        var from = 0;
        while (from < parcels.Count)
        {
            // Not by a clock that may be set while they rest.
            var now = startedAt + clock.GetElapsedTime(started);
            if (parcels[from].DueAt is var dueAt && dueAt > now)
            {
                if (!await RestAsync(dueAt - now, stopping))
                {
                    break;
                }

                patience = dueAt + options.ChannelPatience;
                continue;
            }

            var due = parcels.Skip(from).Take(Channel.Pace.BatchSize).TakeWhile(parcel => parcel.DueAt <= now).ToList();
            if (!await TurnAsync(due.Count, patience, stopping))
            {
                break;
            }

            calls.Add(
                CallAsync(due.ConvertAll(parcel => parcel.Delivery), handovers.AsMemory(from, due.Count), abandoned)
            );
            from += due.Count;
        }

        if (!stopping.IsCancellationRequested)
        {
            PutOff(handovers.AsSpan(from), broken: false);
            for (var i = from; i < parcels.Count; i++)
            {
                if (handovers[i].Until < parcels[i].DueAt)
                {
                    handovers[i] = handovers[i] with { Until = parcels[i].DueAt };
                }
            }
        }
        else if (from < parcels.Count)
        {
            await leave(from);
        }

        // A channel without bounds bounds nothing: what it has not answered keeps more from being claimed for it, until it seems to hang.
        var answered = Task.WhenAll(calls);
        if (IsUnbounded)
        {
            await answered.WaitAsync(Patience, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        handedOver();
        await answered;
        return handovers;
    }

    public void Dispose() => turns.Dispose();

    // Timers tick in milliseconds; one that is rounded down would be spent in a loop.
    private async Task<bool> RestAsync(TimeSpan early, CancellationToken stopping)
    {
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(early.TotalMilliseconds)), clock, stopping);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<bool> TurnAsync(int count, DateTimeOffset patience, CancellationToken stopping)
    {
        try
        {
            if (circuit.IsOpen || IsStuck || !await turns.WaitAsync(Left(patience), stopping))
            {
                return false;
            }
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        try
        {
            if (circuit.IsOpen || pacing.Wait(count, patience) is not { } wait)
            {
                turns.Release();
                return false;
            }

            await Task.Delay(wait, clock, stopping);
            return true;
        }
        catch (OperationCanceledException)
        {
            turns.Release();
            return false;
        }
    }

    private async Task CallAsync(
        IReadOnlyList<Contracts.Delivery> deliveries,
        Memory<Handover> handovers,
        CancellationToken abandoned
    )
    {
        var started = clock.GetTimestamp();
        Volatile.Write(ref moved, started);

        // A channel should end its calls itself. One that never does would keep the lease of its batch extended for ever.
        using var limit = new CancellationTokenSource(options.CallTimeout, clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, abandoned);
        try
        {
            if (await circuit.CallAsync(deliveries, ended.Token) is not { } results)
            {
                PutOff(handovers.Span, broken: true);
                return;
            }

            for (var i = 0; i < results.Count; i++)
            {
                handovers.Span[i] = new Handover(results[i]);
            }

            if (results.Any(result => result.Delivered))
            {
                pacing.Learn(clock.GetElapsedTime(started));
            }
        }
        catch (Exception problem)
        {
            if (problem is not OperationCanceledException)
            {
                LogThrown(logger, Name, Faults.Describe(problem));
            }

            handovers.Span.Fill(new Handover(new DeliveryResult(false, problem.GetType().Name, Uncertain: true)));
        }
        finally
        {
            Volatile.Write(ref moved, clock.GetTimestamp());
            turns.Release();
        }
    }

    // What cannot go at present comes back no sooner than it would have waited, or when its provider may be called again.
    private void PutOff(Span<Handover> rest, bool broken)
    {
        var now = clock.GetUtcNow();
        var alone = circuit.AloneUntil;
        var earliest = alone ?? (broken || IsStuck ? now + Patience : now);
        foreach (ref var handover in rest)
        {
            handover =
                circuit.IsGone ? new Handover(null, Channels.Disabled, now + options.HoldRecheckEvery)
                : broken || alone is not null ? new Handover(null, Unavailable, pacing.Promise(earliest))
                : new Handover(null, Busy, pacing.Promise(earliest));
        }
    }

    private TimeSpan Left(DateTimeOffset patience) =>
        patience - clock.GetUtcNow() is { Ticks: > 0 } left
            ? (left < options.ChannelPatience ? left : options.ChannelPatience)
            : TimeSpan.Zero;

    [LoggerMessage(Level = LogLevel.Error, Message = "Channel {Channel} failed: {Fault}")]
    private static partial void LogThrown(ILogger logger, string channel, string fault);
}
