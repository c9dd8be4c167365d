using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using Host.Telemetry;
using Npgsql;

namespace Host.Pipeline;

/// <summary>How single writes join one another: section <c>Coalescing</c>.</summary>
internal sealed class CoalescingOptions
{
    public const string Section = "Coalescing";

    /// <summary>False makes every single write cross alone. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>At most so many join one write. 2 to 1000. Default 256.</summary>
    [Range(2, 1000)]
    public int MaxBatch { get; set; } = 256;

    /// <summary>
    /// Nobody waits longer than this for the write in flight: then those who wait go beside it. What a slow link costs each of them. 0 to 10 s.
    /// Default 10 ms.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>At most so many joined writes are in flight at once. 1 to 64. Default 8.</summary>
    [Range(1, 64)]
    public int MaxInFlight { get; set; } = 8;

    /// <summary>
    /// A joined write that has waited so long for a row that another transaction holds is given up, and each in it crosses alone. So long, too,
    /// a write that crosses alone makes others wait for it. 1 ms to 10 s. Default 250 ms.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan MaxLockWait { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>When so many wait, the next one crosses alone. 1 to 1 000 000. Default 10 000.</summary>
    [Range(1, 1_000_000)]
    public int MaxWaiting { get; set; } = 10_000;
}

// What a bulk write says to a joined one: an answer for each item, or which item it refused, and then nothing is written.
internal readonly record struct Joined<TResult>(IReadOnlyList<TResult>? Results, int Refused);

// While a single write is in flight, those that come meanwhile wait for it and cross together, in the order in which they came. One that comes
// alone crosses at once. Each is answered as if it had crossed alone.
internal sealed class Coalescer<TItem, TResult> : IDisposable
{
    // After so many refusals in one write the others are not made to wait for a further try.
    private const int Tries = 3;

    private readonly Func<IReadOnlyList<TItem>, Task<Joined<TResult>>> write;
    private readonly CoalescingOptions options;
    private readonly TimeProvider clock;
    private readonly ITimer patience;
    private readonly Lock gate = new();
    private readonly Queue<Waiting> waiting = new();
    private int inFlight;

    public Coalescer(
        Func<IReadOnlyList<TItem>, Task<Joined<TResult>>> write,
        CoalescingOptions options,
        TimeProvider clock
    )
    {
        this.write = write;
        this.options = options;
        this.clock = clock;
        patience = clock.CreateTimer(_ => GoBeside(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public Task<TResult> WriteAsync(
        TItem item,
        Func<CancellationToken, Task<TResult>> alone,
        CancellationToken cancellationToken
    )
    {
        Waiting one;
        lock (gate)
        {
            if (inFlight == 0)
            {
                inFlight = 1;
                return FirstAsync(alone, cancellationToken);
            }

            if (!options.Enabled || waiting.Count >= options.MaxWaiting)
            {
                return alone(cancellationToken);
            }

            one = new Waiting(item, alone, cancellationToken);
            waiting.Enqueue(one);
            if (waiting.Count == 1)
            {
                patience.Change(options.MaxWait, Timeout.InfiniteTimeSpan);
            }
        }

        return one.AnswerAsync();
    }

    public void Dispose() => patience.Dispose();

    private async Task<TResult> FirstAsync(
        Func<CancellationToken, Task<TResult>> alone,
        CancellationToken cancellationToken
    )
    {
        using var place = new Place(this);
        return await alone(cancellationToken);
    }

    private void Land()
    {
        List<Waiting> next;
        lock (gate)
        {
            next = Take();
            if (next.Count == 0)
            {
                inFlight--;
                return;
            }
        }

        Start(next);
    }

    private void GoBeside()
    {
        List<Waiting> next;
        lock (gate)
        {
            if (inFlight >= options.MaxInFlight)
            {
                return;
            }

            next = Take();
            if (next.Count == 0)
            {
                return;
            }

            inFlight++;
        }

        Start(next);
    }

    // Under the gate. Who has given up takes no place.
    private List<Waiting> Take()
    {
        var next = new List<Waiting>(Math.Min(waiting.Count, options.MaxBatch));
        while (next.Count < options.MaxBatch && waiting.TryDequeue(out var one))
        {
            if (!one.Task.IsCompleted)
            {
                next.Add(one);
            }
        }

        patience.Change(waiting.Count > 0 ? options.MaxWait : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        return next;
    }

    // Not in the flow of whoever landed just now: it is others' crossing. It counts for each of them, and its trace is linked to each of theirs.
    private void Start(List<Waiting> next)
    {
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(() => RunAsync(next));
        }
    }

    private async Task RunAsync(List<Waiting> together)
    {
        if (together is [var only])
        {
            using var place = new Place(this);
            await only.CrossAsync();
            return;
        }

        List<Waiting> apart;
        try
        {
            apart = await JoinAsync(together);
        }
        finally
        {
            Land();
        }

        // Bounded by the pool alone, as if nothing were joined: one that waits for a lock must not keep the others waiting.
        await Task.WhenAll(apart.Select(one => one.CrossAsync()));
    }

    // Answers with those that have to cross alone: who was refused, since the refusal may come from the company it was in, and everybody when
    // the database refused without naming anyone.
    private async Task<List<Waiting>> JoinAsync(List<Waiting> together)
    {
        var apart = new List<Waiting>();
        using var activity = Instruments.Source.HasListeners()
            ? Instruments.Source.StartActivity(
                "joined_write",
                ActivityKind.Internal,
                default(ActivityContext),
                links: together.ConvertAll(one => new ActivityLink(one.Trace))
            )
            : null;
        for (var tries = 0; tries < Tries && together.Count > 1; tries++)
        {
            try
            {
                var joined = await WriteAsync(together);
                if (joined.Results is { } results)
                {
                    for (var i = 0; i < results.Count; i++)
                    {
                        together[i].TrySetResult(results[i]);
                    }

                    return apart;
                }

                apart.Add(together[joined.Refused]);
                together.RemoveAt(joined.Refused);
            }
            catch (PostgresException refusal) when (!IsInterrupted(refusal))
            {
                break;
            }
            catch (Exception problem)
            {
                // Nobody knows whether it was written: to write again would be to write twice. Each hears it as if it had been alone.
                together.ForEach(one => one.TrySetException(problem));
                return apart;
            }
        }

        apart.AddRange(together);
        return apart;
    }

    private async Task<Joined<TResult>> WriteAsync(List<Waiting> together)
    {
        var crossings = Crossings.Begin();
        try
        {
            return await write(together.ConvertAll(one => one.Item));
        }
        finally
        {
            together.ForEach(one => one.Crossings?.Add(crossings.Count));
        }
    }

    // The server or the connection ended, not the statement: one that the server cancelled (its statement_timeout) wrote nothing.
    private static bool IsInterrupted(PostgresException refusal) =>
        refusal.SqlState != PostgresErrorCodes.QueryCanceled
        && (
            refusal.SqlState.StartsWith("57", StringComparison.Ordinal)
            || refusal.SqlState.StartsWith("08", StringComparison.Ordinal)
        );

    // Of one that crosses alone: given back when it has crossed, or sooner, when that lasts. A joined one ends by itself: it waits for no lock.
    private sealed class Place : IDisposable
    {
        private readonly Coalescer<TItem, TResult> coalescer;
        private readonly ITimer patience;
        private int givenBack;

        public Place(Coalescer<TItem, TResult> coalescer)
        {
            this.coalescer = coalescer;
            patience = coalescer.clock.CreateTimer(
                _ => GiveBack(),
                null,
                coalescer.options.MaxLockWait,
                Timeout.InfiniteTimeSpan
            );
        }

        public void Dispose()
        {
            patience.Dispose();
            GiveBack();
        }

        private void GiveBack()
        {
            if (Interlocked.Exchange(ref givenBack, 1) == 0)
            {
                coalescer.Land();
            }
        }
    }

    private sealed class Waiting(
        TItem item,
        Func<CancellationToken, Task<TResult>> alone,
        CancellationToken cancellationToken
    ) : TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        // Who crosses alone crosses in its own flow.
        private readonly ExecutionContext? flow = ExecutionContext.Capture();

        public TItem Item => item;

        public ActivityContext Trace { get; } = Activity.Current?.Context ?? default;

        public Crossings? Crossings { get; } = Crossings.OfFlow;

        // Who gives up is told so at once, and spoils the others nothing: what is in flight goes on.
        public async Task<TResult> AnswerAsync()
        {
            await using var giveUp = cancellationToken.Register(() => TrySetCanceled(cancellationToken));
            return await Task;
        }

        public async Task CrossAsync()
        {
            if (Task.IsCompleted)
            {
                return;
            }

            try
            {
                TrySetResult(await InOwnFlowAsync());
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                TrySetCanceled(cancellationToken);
            }
            catch (Exception problem)
            {
                TrySetException(problem);
            }
        }

        private Task<TResult> InOwnFlowAsync()
        {
            if (flow is null)
            {
                return alone(cancellationToken);
            }

            Task<TResult>? crossing = null;
            ExecutionContext.Run(flow, _ => crossing = alone(cancellationToken), null);
            return crossing!;
        }
    }
}
