using FollowUps.Contracts;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;

namespace FollowUps.Delivery;

// What became of a delivery: the channel's answer; or why and until when it was put off, untried; or nothing: the Host stops.
internal readonly record struct Handover(DeliveryResult? Result, string? PutOff = null, DateTimeOffset? Until = null);

// What is not to be handed over before its instant.
internal sealed record Parcel(DateTimeOffset DueAt, Contracts.Delivery Delivery);

// A channel as this Host uses it: so many calls at once and a second, and none while its provider is to be left alone. What does not get its
// turn in time is put off, which costs it no attempt.
internal sealed partial class Lane : IDisposable
{
    private const string Busy = "channel_busy";
    private const string Unavailable = "channel_unavailable";

    // Long enough for a provider that hangs to show: four calls at once that each wait a quarter of a minute are 16 in it.
    private static readonly TimeSpan Sampling = TimeSpan.FromMinutes(1);

    // Timers tick in milliseconds: what they lose is made up for by going ahead this much.
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(50);

    private readonly ResiliencePipeline<IReadOnlyList<DeliveryResult>> circuit;
    private readonly SemaphoreSlim turns;
    private readonly Lock gate = new();
    private readonly FollowUpsOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger<Lane> logger;

    private DateTimeOffset alone;
    private DateTimeOffset paced;
    private DateTimeOffset promised;
    private TimeSpan usual;

    public Lane(IDeliveryChannel channel, FollowUpsOptions options, TimeProvider clock, ILogger<Lane> logger)
    {
        Channel = channel;
        Name = channel.Name;
        this.options = options;
        this.clock = clock;
        this.logger = logger;
        turns = new SemaphoreSlim(channel.Pace.Concurrency);
        circuit = new ResiliencePipelineBuilder<IReadOnlyList<DeliveryResult>> { TimeProvider = clock }
            .AddCircuitBreaker(
                new CircuitBreakerStrategyOptions<IReadOnlyList<DeliveryResult>>
                {
                    FailureRatio = 0.5,
                    MinimumThroughput = options.CircuitCalls,
                    SamplingDuration = Sampling,
                    BreakDuration = options.CircuitBreak,
                    ShouldHandle = call =>
                        ValueTask.FromResult(
                            call.Outcome.Exception is not null || call.Outcome.Result!.Any(TellsOfTheProvider)
                        ),
                    OnOpened = opened =>
                    {
                        LogOpened(logger, Name, opened.BreakDuration);
                        return default;
                    },
                }
            )
            .Build();
    }

    public IDeliveryChannel Channel { get; }

    public string Name { get; }

    public bool IsGone { get; private set; }

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

        // A channel without bounds bounds nothing: what it has not answered is all that keeps more from being claimed for it.
        if (Channel.Pace.Concurrency < int.MaxValue)
        {
            handedOver();
        }

        await Task.WhenAll(calls);
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
            if (IsGone || IsLeftAlone() || !await turns.WaitAsync(Left(patience), stopping))
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
            if (IsGone || IsLeftAlone() || Pace(count, patience) is not { } wait)
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

        // A channel should end its calls itself. One that never does would keep the lease of its batch extended for ever.
        using var limit = new CancellationTokenSource(options.CallTimeout, clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, abandoned);
        try
        {
            var results = await circuit.ExecuteAsync(
                async (channel, token) => await channel.DeliverAsync(deliveries, token).WaitAsync(token),
                Channel,
                ended.Token
            );
            for (var i = 0; i < results.Count; i++)
            {
                Hear(results[i]);
                handovers.Span[i] = new Handover(results[i]);
            }

            var took = clock.GetElapsedTime(started);
            lock (gate)
            {
                usual += (took - usual) / 8;
            }
        }
        catch (BrokenCircuitException open)
        {
            LeaveAlone(open.RetryAfter ?? TimeSpan.Zero);
            PutOff(handovers.Span, broken: true);
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
            turns.Release();
        }
    }

    private void Hear(DeliveryResult result)
    {
        if (result.RetryAfter is { } wait)
        {
            LeaveAlone(wait);
        }

        if (result.Gone && !IsGone)
        {
            IsGone = true;
            LogGone(logger, Name);
        }
    }

    private static bool TellsOfTheProvider(DeliveryResult result) =>
        result is { Delivered: false, Permanent: false, RetryAfter: null, Gone: false };

    private void LeaveAlone(TimeSpan wait)
    {
        var until = clock.GetUtcNow() + wait;
        lock (gate)
        {
            alone = until > alone ? until : alone;
        }
    }

    private bool IsLeftAlone()
    {
        lock (gate)
        {
            return alone > clock.GetUtcNow();
        }
    }

    // How long to wait for one's place in the rate; null when that is longer than patience lasts.
    private TimeSpan? Pace(int count, DateTimeOffset patience)
    {
        if (Channel.Pace.PerSecond is not { } rate)
        {
            return TimeSpan.Zero;
        }

        lock (gate)
        {
            var now = clock.GetUtcNow();
            var place = paced > now - Burst ? paced : now - Burst;
            if (place > patience)
            {
                return null;
            }

            paced = place + TimeSpan.FromSeconds(count / rate);
            return place > now ? place - now : TimeSpan.Zero;
        }
    }

    // One behind the other at the lane's own speed, so that they do not come back together; after a break with some jitter.
    private void PutOff(Span<Handover> rest, bool broken)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            var apart = Channel.Pace.PerSecond is { } rate
                ? TimeSpan.FromSeconds(1 / rate)
                : usual / Channel.Pace.Concurrency;
            foreach (ref var handover in rest)
            {
                if (IsGone)
                {
                    handover = new Handover(null, Channels.Disabled, now + options.HoldRecheckEvery);
                }
                else if (broken || alone > now)
                {
                    var until = (alone > now ? alone : now) + TimeSpan.FromSeconds(Random.Shared.NextDouble());
                    handover = new Handover(null, Unavailable, until);
                }
                else
                {
                    promised = (promised > now ? promised : now) + apart;
                    handover = new Handover(null, Busy, promised);
                }
            }
        }
    }

    private TimeSpan Left(DateTimeOffset patience) =>
        patience - clock.GetUtcNow() is { Ticks: > 0 } left
            ? (left < options.ChannelPatience ? left : options.ChannelPatience)
            : TimeSpan.Zero;

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Channel {Channel} fails too often; it is left alone for {Break}"
    )]
    private static partial void LogOpened(ILogger logger, string channel, TimeSpan @break);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The endpoint of channel {Channel} is gone; nothing goes through it until the Host is started anew"
    )]
    private static partial void LogGone(ILogger logger, string channel);

    [LoggerMessage(Level = LogLevel.Error, Message = "Channel {Channel} failed: {Fault}")]
    private static partial void LogThrown(ILogger logger, string channel, string fault);
}
