using Host.Pipeline;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Testing;

namespace Host.Tests.Pipeline;

// The writes end when a test says so: what joins what is no matter of luck.
public sealed class CoalescerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private readonly FakeTimeProvider clock = new();
    private readonly List<Write> writes = [];
    private readonly Lock gate = new();

    [Fact]
    public async Task A_write_alone_crosses_at_once_and_by_itself()
    {
        using var coalescer = New();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(-7, await coalescer.WriteAsync(7, Alone(7), Token));
        }

        Assert.Empty(writes);
    }

    [Fact]
    public async Task Those_that_come_while_one_is_in_flight_cross_together_in_order()
    {
        using var coalescer = New();
        var first = new TaskCompletionSource<int>();
        var leading = coalescer.WriteAsync(1, _ => first.Task, Token);
        var joining = Enumerable.Range(2, 4).Select(i => coalescer.WriteAsync(i, Alone(i), Token)).ToArray();
        Assert.Empty(writes);

        first.SetResult(-1);
        (await WriteAsync(0)).Answer();

        await AnsweredAsync([-1, -102, -103, -104, -105], [leading, .. joining]);
        Assert.Equal([2, 3, 4, 5], Assert.Single(writes).Items);
    }

    [Fact]
    public async Task Who_is_refused_crosses_alone_and_spoils_no_other()
    {
        using var coalescer = New();
        var joining = await JoiningAsync(coalescer, 2, 3, 4);

        (await WriteAsync(0)).Refuse(1);
        (await WriteAsync(1)).Answer();

        await AnsweredAsync([-102, -3, -104], joining);
        Assert.Equal([2, 4], writes[1].Items);
    }

    [Fact]
    public async Task After_three_refusals_the_others_wait_for_no_further_try()
    {
        using var coalescer = New();
        var joining = await JoiningAsync(coalescer, 2, 3, 4, 5, 6);

        for (var i = 0; i < 3; i++)
        {
            (await WriteAsync(i)).Refuse(0);
        }

        await AnsweredAsync([-2, -3, -4, -5, -6], joining);
        Assert.Equal(3, writes.Count);
    }

    [Theory]
    [InlineData(PostgresErrorCodes.InvalidTextRepresentation)]
    [InlineData(PostgresErrorCodes.QueryCanceled)]
    public async Task What_the_database_refuses_unnamed_is_told_to_the_guilty_alone(string state)
    {
        using var coalescer = New();
        var refusal = new PostgresException("no", "ERROR", "ERROR", state);
        var first = new TaskCompletionSource<int>();
        var leading = coalescer.WriteAsync(1, _ => first.Task, Token);
        var good = coalescer.WriteAsync(2, Alone(2), Token);
        var bad = coalescer.WriteAsync(3, _ => Task.FromException<int>(refusal), Token);
        first.SetResult(-1);

        (await WriteAsync(0)).Fail(refusal);

        await AnsweredAsync([-1, -2], leading, good);
        Assert.Same(refusal, await Assert.ThrowsAsync<PostgresException>(() => bad));
    }

    [Fact]
    public async Task What_nobody_knows_to_be_written_is_not_written_again()
    {
        using var coalescer = New();
        var joining = await JoiningAsync(coalescer, 2, 3);

        (await WriteAsync(0)).Fail(new NpgsqlException("The connection broke."));

        foreach (var one in joining)
        {
            await Assert.ThrowsAsync<NpgsqlException>(() => one);
        }

        Assert.Equal(-4, await coalescer.WriteAsync(4, Alone(4), Token));
        Assert.Single(writes);
    }

    [Fact]
    public async Task Who_gives_up_while_waiting_is_not_written_and_the_others_are()
    {
        using var coalescer = New();
        using var giveUp = new CancellationTokenSource();
        var first = new TaskCompletionSource<int>();
        var leading = coalescer.WriteAsync(1, _ => first.Task, Token);
        var leaving = coalescer.WriteAsync(2, Alone(2), giveUp.Token);
        var staying = new[] { coalescer.WriteAsync(3, Alone(3), Token), coalescer.WriteAsync(4, Alone(4), Token) };

        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        first.SetResult(-1);
        (await WriteAsync(0)).Answer();

        await AnsweredAsync([-103, -104], staying);
        Assert.Equal([3, 4], Assert.Single(writes).Items);
        Assert.Equal(-1, await leading);
    }

    [Fact]
    public async Task Who_gives_up_in_flight_takes_nobody_along()
    {
        using var coalescer = New();
        using var giveUp = new CancellationTokenSource();
        var first = new TaskCompletionSource<int>();
        _ = coalescer.WriteAsync(1, _ => first.Task, Token);
        var leaving = coalescer.WriteAsync(2, Alone(2), giveUp.Token);
        var staying = coalescer.WriteAsync(3, Alone(3), Token);
        first.SetResult(-1);
        var write = await WriteAsync(0);

        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        write.Answer();
        Assert.Equal(-103, await staying);
    }

    [Fact]
    public async Task Nobody_waits_longer_than_a_moment_for_a_slow_write()
    {
        using var coalescer = New();
        var first = new TaskCompletionSource<int>();
        var leading = coalescer.WriteAsync(1, _ => first.Task, Token);
        var waiting = new[] { coalescer.WriteAsync(2, Alone(2), Token), coalescer.WriteAsync(3, Alone(3), Token) };

        clock.Advance(new CoalescingOptions().MaxWait);
        (await WriteAsync(0)).Answer();

        await AnsweredAsync([-102, -103], waiting);
        Assert.False(leading.IsCompleted);
        first.SetResult(-1);
        await leading;
    }

    [Fact]
    public async Task One_that_crosses_alone_and_waits_for_a_lock_keeps_no_place_that_others_need()
    {
        using var coalescer = New(new CoalescingOptions { MaxInFlight = 1 });
        var first = new TaskCompletionSource<int>();
        var leading = coalescer.WriteAsync(1, _ => first.Task, Token);
        var waiting = new[] { coalescer.WriteAsync(2, Alone(2), Token), coalescer.WriteAsync(3, Alone(3), Token) };

        clock.Advance(new CoalescingOptions().MaxWait);
        Assert.Empty(Written());
        clock.Advance(new CoalescingOptions().MaxLockWait);
        (await WriteAsync(0)).Answer();
        await AnsweredAsync([-102, -103], waiting);

        // Its own end gives back no second place.
        first.SetResult(-1);
        await leading;
        var next = new TaskCompletionSource<int>();
        var following = coalescer.WriteAsync(4, _ => next.Task, Token);
        var joining = new[] { coalescer.WriteAsync(5, Alone(5), Token), coalescer.WriteAsync(6, Alone(6), Token) };
        clock.Advance(new CoalescingOptions().MaxWait);
        Assert.Single(Written());
        next.SetResult(-4);
        (await WriteAsync(1)).Answer();
        await AnsweredAsync([-4, -105, -106], [following, .. joining]);
    }

    [Fact]
    public async Task Those_that_cross_apart_keep_nobody_waiting_and_not_one_another()
    {
        using var coalescer = New(new CoalescingOptions { MaxInFlight = 1 });
        var first = new TaskCompletionSource<int>();
        var locked = new TaskCompletionSource<int>();
        var leading = coalescer.WriteAsync(1, _ => first.Task, Token);
        var stuck = Enumerable.Range(2, 40).Select(i => coalescer.WriteAsync(i, _ => locked.Task, Token)).ToArray();
        var innocent = coalescer.WriteAsync(99, Alone(99), Token);
        first.SetResult(-1);

        (await WriteAsync(0)).Fail(new PostgresException("no", "ERROR", "ERROR", PostgresErrorCodes.LockNotAvailable));

        await AnsweredAsync([-1, -99], leading, innocent);
        Assert.Equal(-7, await coalescer.WriteAsync(7, Alone(7), Token));
        locked.SetResult(0);
        await Task.WhenAll(stuck);
    }

    [Fact]
    public async Task Full_queues_and_batches_are_no_larger_than_allowed()
    {
        using var coalescer = New(new CoalescingOptions { MaxBatch = 2, MaxWaiting = 5 });
        var first = new TaskCompletionSource<int>();
        var leading = coalescer.WriteAsync(1, _ => first.Task, Token);
        var waiting = Enumerable.Range(2, 5).Select(i => coalescer.WriteAsync(i, Alone(i), Token)).ToArray();

        Assert.Equal(-7, await coalescer.WriteAsync(7, Alone(7), Token));

        first.SetResult(-1);
        (await WriteAsync(0)).Answer();
        (await WriteAsync(1)).Answer();
        await AnsweredAsync([-102, -103, -104, -105, -6], waiting);
        Assert.Equal(
            [
                [2, 3],
                [4, 5],
            ],
            writes.Select(write => write.Items)
        );
        await leading;
    }

    [Fact]
    public async Task Callers_that_come_again_and_again_are_served_in_turn()
    {
        const int callers = 64;
        using var coalescer = New(new CoalescingOptions { MaxBatch = 24 });
        var asked = 0;
        var stopped = false;
        var first = new TaskCompletionSource<int>();
        var leading = coalescer.WriteAsync(0, _ => first.Task, Token);
        var loops = Enumerable
            .Range(0, callers)
            .Select(async caller =>
            {
                while (!Volatile.Read(ref stopped))
                {
                    var answer = coalescer.WriteAsync(caller, Alone(caller), Token);
                    Interlocked.Increment(ref asked);
                    await answer;
                }
            })
            .ToArray();
        first.SetResult(0);
        await leading;

        for (var i = 0; i < 40; i++)
        {
            var write = await WriteAsync(i);
            var before = Volatile.Read(ref asked);
            write.Answer();
            await Until.NotNull(() =>
                Task.FromResult(Volatile.Read(ref asked) == before + write.Items.Count ? this : null)
            );
        }

        // Nobody is passed over: three writes have room for all, so in any three everyone has a turn.
        Assert.All(
            Enumerable.Range(0, 37),
            i => Assert.Equal(callers, Written().Skip(i).Take(3).SelectMany(write => write.Items).Distinct().Count())
        );

        Volatile.Write(ref stopped, true);
        for (var i = 40; !loops.All(loop => loop.IsCompleted); i++)
        {
            var write = await Until.NotNull(() =>
                Task.FromResult(Count() > i || loops.All(loop => loop.IsCompleted) ? this : null)
            );
            if (Count() > i)
            {
                (await WriteAsync(i)).Answer();
            }
        }

        await Task.WhenAll(loops);
    }

    private Coalescer<int, int> New(CoalescingOptions? options = null) =>
        new(
            items =>
            {
                var write = new Write(items);
                lock (gate)
                {
                    writes.Add(write);
                }

                return write.Task;
            },
            options ?? new CoalescingOptions(),
            clock
        );

    private static async Task AnsweredAsync(int[] expected, params Task<int>[] tasks) =>
        Assert.Equal(expected.AsEnumerable(), await Task.WhenAll(tasks));

    private static async Task<Task<int>[]> JoiningAsync(Coalescer<int, int> coalescer, params int[] items)
    {
        var first = new TaskCompletionSource<int>();
        var leading = coalescer.WriteAsync(1, _ => first.Task, Token);
        var joining = Array.ConvertAll(items, item => coalescer.WriteAsync(item, Alone(item), Token));
        first.SetResult(-1);
        await leading;
        return joining;
    }

    private Write[] Written()
    {
        lock (gate)
        {
            return [.. writes];
        }
    }

    private int Count() => Written().Length;

    private Task<Write> WriteAsync(int number) =>
        Until.NotNull(() =>
        {
            lock (gate)
            {
                return Task.FromResult(writes.Count > number ? writes[number] : null);
            }
        });

    // What crosses alone is answered with its negative, what crosses joined with 100 less.
    private static Func<CancellationToken, Task<int>> Alone(int item) => _ => Task.FromResult(-item);

    private sealed class Write(IReadOnlyList<int> items)
    {
        private readonly TaskCompletionSource<Joined<int>> end = new(
            TaskCreationOptions.RunContinuationsAsynchronously
        );

        public IReadOnlyList<int> Items { get; } = [.. items];

        public Task<Joined<int>> Task => end.Task;

        public void Answer() => end.SetResult(new([.. Items.Select(item => -100 - item)], -1));

        public void Refuse(int index) => end.SetResult(new(null, index));

        public void Fail(Exception problem) => end.SetException(problem);
    }
}
