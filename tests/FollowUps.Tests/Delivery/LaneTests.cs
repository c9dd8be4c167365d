using FollowUps.Contracts;
using FollowUps.Delivery;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Testing;

namespace FollowUps.Tests.Delivery;

public sealed class LaneTests
{
    private static readonly DeliveryResult Failure = new(false, "HTTP 500");

    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2031, 11, 5, 18, 0, 0, TimeSpan.Zero));
    private readonly FollowUpsOptions options = new() { ChannelPatience = TimeSpan.Zero };

    private int? leftFrom;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Lane Over(IDeliveryChannel channel) => new(channel, options, clock, NullLogger<Lane>.Instance);

    private Task<Handover[]> DeliverAsync(Lane lane, int count) => DeliverUntilAsync(lane, count, Token);

    private Task<Handover[]> DeliverUntilAsync(Lane lane, int count, CancellationToken stopping) =>
        DeliverAtAsync(lane, new double[count], stopping);

    private Task<Handover[]> DeliverAtAsync(Lane lane, double[] milliseconds, CancellationToken stopping) =>
        lane.DeliverAsync(
            [.. milliseconds.Select(due => new Parcel(clock.GetUtcNow().AddMilliseconds(due), SomeDelivery.To(null)))],
            left =>
            {
                leftFrom = left;
                return Task.CompletedTask;
            },
            () => { },
            stopping,
            CancellationToken.None
        );

    [Fact]
    public async Task Unbounded_channel_gets_the_batch_in_one_call()
    {
        var channel = new Channel(DeliveryPace.Unbounded);
        using var lane = Over(channel);

        var handovers = await DeliverAsync(lane, 500);

        Assert.Equal([500], channel.Calls);
        Assert.All(handovers, handover => Assert.True(handover.Result?.Delivered));
    }

    [Fact]
    public async Task Provider_is_called_no_more_often_at_once_than_it_takes()
    {
        options.ChannelPatience = TimeSpan.FromMinutes(1);
        var channel = new Channel(new DeliveryPace(2, 3)) { Hold = true };
        using var lane = Over(channel);

        var delivering = DeliverAsync(lane, 11);
        var atOnce = channel.Calls.Count;
        channel.Hold = false;
        channel.LetGo();
        await delivering;

        Assert.Equal(3, atOnce);
        Assert.Equal(3, channel.MostAtOnce);
        Assert.Equal([2, 2, 2, 2, 2, 1], channel.Calls);
    }

    [Fact]
    public async Task Nothing_is_handed_over_before_its_instant()
    {
        var channel = new Channel(DeliveryPace.Unbounded);
        using var lane = Over(channel);

        var delivering = DeliverAtAsync(lane, [0, 5, 5, 9.5], Token);
        foreach (var expected in new[] { 1, 1, 1, 1, 1, 3, 3, 3, 3, 3 })
        {
            await Until.NotNull(() => Task.FromResult(channel.Calls.Sum() < expected ? null : channel));
            Assert.Equal(expected, channel.Calls.Sum());
            clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        var handovers = await delivering;

        Assert.Equal([1, 2, 1], channel.Calls);
        Assert.All(handovers, handover => Assert.True(handover.Result?.Delivered));
    }

    [Fact]
    public async Task What_is_not_due_yet_is_left_when_the_host_stops()
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var channel = new Channel(DeliveryPace.Unbounded);
        using var lane = Over(channel);

        var delivering = DeliverAtAsync(lane, [0, 5, 5], stopping.Token);
        await stopping.CancelAsync();
        var handovers = await delivering;

        Assert.Equal((1, 1), (channel.Calls.Sum(), leftFrom));
        Assert.All(handovers[1..], handover => Assert.Equal(default, handover));
    }

    [Fact]
    public async Task What_is_put_off_does_not_come_back_before_its_instant()
    {
        var channel = new Channel(new DeliveryPace(1, 1)) { Hold = true };
        using var lane = Over(channel);

        var busy = DeliverAsync(lane, 1);
        var handovers = await DeliverAtAsync(lane, [0, 900], Token);
        channel.LetGo();
        await busy;

        Assert.All(handovers, handover => Assert.Equal("channel_busy", handover.PutOff));
        Assert.True(handovers[1].Until >= clock.Start.AddMilliseconds(900));
    }

    [Fact]
    public async Task Clock_that_is_set_back_while_one_rests_does_not_keep_it()
    {
        var channel = new Channel(DeliveryPace.Unbounded);
        var set = new SetBack(clock);
        using var lane = new Lane(channel, options, set, NullLogger<Lane>.Instance);

        var delivering = lane.DeliverAsync(
            [new Parcel(clock.GetUtcNow().AddMilliseconds(5), SomeDelivery.To(null))],
            _ => Task.CompletedTask,
            () => { },
            Token,
            CancellationToken.None
        );
        set.By = TimeSpan.FromDays(60);
        clock.Advance(TimeSpan.FromMilliseconds(5));
        await delivering.WaitAsync(TimeSpan.FromSeconds(20), Token);

        Assert.Equal(1, channel.Calls.Sum());
    }

    [Fact]
    public async Task Channel_without_bounds_that_hangs_is_given_no_more_and_keeps_no_place()
    {
        options.ChannelPatience = TimeSpan.FromSeconds(1);
        var channel = new Channel(DeliveryPace.Unbounded) { Hold = true };
        using var lane = Over(channel);
        var handedOver = false;

        var hanging = lane.DeliverAsync(
            [new Parcel(clock.GetUtcNow(), SomeDelivery.To(null))],
            _ => Task.CompletedTask,
            () => handedOver = true,
            Token,
            CancellationToken.None
        );
        var second = DeliverAsync(lane, 1);
        var early = handedOver;
        clock.Advance(TimeSpan.FromSeconds(1.1));
        await Until.NotNull(() => Task.FromResult(handedOver ? lane : null));
        var third = await DeliverAsync(lane, 2).WaitAsync(TimeSpan.FromSeconds(20), Token);
        var calls = channel.Calls.Count;
        channel.LetGo();
        await Task.WhenAll(hanging, second);
        var then = await DeliverAsync(lane, 1);

        Assert.Equal((false, 2), (early, calls));
        Assert.All(third, handover => Assert.Equal("channel_busy", handover.PutOff));
        Assert.True(then[0].Result?.Delivered);
    }

    [Fact]
    public async Task Nobody_waits_for_a_turn_where_none_came_free_for_long_until_one_does()
    {
        options.ChannelPatience = TimeSpan.FromSeconds(1);
        var channel = new Channel(new DeliveryPace(1, 1)) { Hold = true };
        using var lane = Over(channel);

        var hanging = DeliverAsync(lane, 1);
        var first = DeliverAsync(lane, 1);
        var waited = !first.IsCompleted;
        clock.Advance(TimeSpan.FromSeconds(1.1));
        await first;
        var stuck = DeliverAsync(lane, 3);
        var atOnce = stuck.IsCompleted;
        clock.Advance(options.ChannelPatience);
        var until = (await stuck).Select(handover => handover.Until!.Value).ToList();
        channel.LetGo();
        await hanging;
        var then = await DeliverAsync(lane, 1);

        Assert.Equal((true, true), (waited, atOnce));
        Assert.All(until, instant => Assert.True(instant > clock.Start.AddSeconds(2.1)));
        Assert.Equal(3, until.Distinct().Count());
        Assert.True(then[0].Result?.Delivered);
    }

    [Fact]
    public async Task How_long_a_call_hung_before_it_failed_does_not_keep_the_others_away_afterwards()
    {
        options.CircuitCalls = 2;
        var channel = new Channel(new DeliveryPace(1, 1)) { Hold = true, Answer = Failure };
        using var lane = Over(channel);

        var hanging = DeliverAsync(lane, 1);
        clock.Advance(TimeSpan.FromMinutes(2));
        channel.LetGo();
        await hanging;
        await DeliverAsync(lane, 1);
        var putOff = await DeliverAsync(lane, 500);

        Assert.All(
            putOff,
            handover =>
                Assert.InRange(
                    handover.Until!.Value - clock.GetUtcNow(),
                    options.CircuitBreak,
                    options.CircuitBreak + TimeSpan.FromSeconds(1)
                )
        );
        Assert.Equal(500, putOff.Select(handover => handover.Until).Distinct().Count());
    }

    [Fact]
    public async Task What_exceeds_the_rate_is_put_off_one_behind_the_other()
    {
        using var lane = Over(new Channel(new DeliveryPace(1, 8, PerSecond: 2)));

        var handovers = await DeliverAsync(lane, 4);
        clock.Advance(TimeSpan.FromSeconds(0.5));
        var later = await DeliverAsync(lane, 2);

        var start = new DateTimeOffset(2031, 11, 5, 18, 0, 0, TimeSpan.Zero);
        Assert.True(handovers[0].Result?.Delivered);
        Assert.Equal(
            [
                new Handover(null, "channel_busy", start.AddSeconds(0.5)),
                new Handover(null, "channel_busy", start.AddSeconds(1)),
                new Handover(null, "channel_busy", start.AddSeconds(1.5)),
            ],
            handovers[1..]
        );
        Assert.True(later[0].Result?.Delivered);
        Assert.Equal(new Handover(null, "channel_busy", start.AddSeconds(2)), later[1]);
    }

    [Fact]
    public async Task Failing_provider_is_left_alone_and_then_tried_by_one()
    {
        options.CircuitCalls = 5;
        options.ChannelPatience = TimeSpan.FromMinutes(1);
        var channel = new Channel(new DeliveryPace(1, 1)) { Answer = Failure };
        using var lane = Over(channel);

        var first = await DeliverAsync(lane, 20);
        var meanwhile = await DeliverAsync(lane, 3);
        clock.Advance(options.CircuitBreak + TimeSpan.FromSeconds(1));
        channel.Answer = new DeliveryResult(true);
        var after = await DeliverAsync(lane, 3);

        Assert.Equal(5 + 3, channel.Calls.Count);
        Assert.All(first[..5], handover => Assert.Equal(Failure, handover.Result));
        Assert.All(
            [.. first[5..], .. meanwhile],
            handover =>
            {
                Assert.Equal((null, "channel_unavailable"), (handover.Result, handover.PutOff));
                Assert.True(handover.Until >= clock.Start + options.CircuitBreak);
            }
        );
        Assert.All(after, handover => Assert.True(handover.Result?.Delivered));
    }

    [Fact]
    public async Task Failures_that_are_the_messages_own_leave_the_circuit_closed()
    {
        options.CircuitCalls = 2;
        var channel = new Channel(new DeliveryPace(1, 1)) { Answer = new(false, "HTTP 422", Permanent: true) };
        using var lane = Over(channel);

        await DeliverAsync(lane, 20);

        Assert.Equal(20, channel.Calls.Count);
    }

    [Fact]
    public async Task Provider_that_names_a_time_is_left_alone_by_all_until_then()
    {
        var channel = new Channel(new DeliveryPace(1, 1))
        {
            Answer = new(false, "HTTP 429", RetryAfter: TimeSpan.FromSeconds(30)),
        };
        using var lane = Over(channel);

        var first = await DeliverAsync(lane, 3);
        clock.Advance(TimeSpan.FromSeconds(29));
        var early = await DeliverAsync(lane, 1);
        clock.Advance(TimeSpan.FromSeconds(1));
        channel.Answer = new DeliveryResult(true);
        var then = await DeliverAsync(lane, 1);

        Assert.Equal(2, channel.Calls.Count);
        Assert.Equal("HTTP 429", first[0].Result?.Error);
        Assert.All(first[1..], handover => Assert.True(handover.Until >= clock.Start.AddSeconds(30)));
        Assert.Null(early[0].Result);
        Assert.True(then[0].Result?.Delivered);
    }

    [Fact]
    public async Task Gone_endpoint_is_called_no_more()
    {
        options.ChannelPatience = TimeSpan.FromMinutes(1);
        var channel = new Channel(new DeliveryPace(1, 1)) { Answer = new(false, "HTTP 410", Gone: true) };
        using var lane = Over(channel);

        var handovers = await DeliverAsync(lane, 3);

        Assert.True(lane.IsGone);
        Assert.Single(channel.Calls);
        Assert.All(
            handovers[1..],
            rest => Assert.Equal(new Handover(null, "channel_disabled", clock.Start + options.HoldRecheckEvery), rest)
        );
    }

    [Fact]
    public async Task Exception_leaves_all_of_its_call_uncertain()
    {
        using var lane = Over(new Channel(new DeliveryPace(2, 1)) { Problem = new InvalidOperationException("x") });

        var handovers = await DeliverAsync(lane, 3);

        Assert.All(
            handovers,
            handover =>
                Assert.Equal(new DeliveryResult(false, "InvalidOperationException", Uncertain: true), handover.Result)
        );
    }

    [Fact]
    public async Task Nothing_more_is_handed_over_when_the_host_stops()
    {
        options.ChannelPatience = TimeSpan.FromMinutes(1);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var channel = new Channel(new DeliveryPace(1, 2)) { Hold = true };
        using var lane = Over(channel);

        var delivering = DeliverUntilAsync(lane, 5, stopping.Token);
        await stopping.CancelAsync();
        await Until.NotNull(() => Task.FromResult(leftFrom is null ? null : channel));
        var waitsForCalls = !delivering.IsCompleted;
        channel.LetGo();
        var handovers = await delivering;

        Assert.Equal((2, 2, true), (channel.Calls.Count, leftFrom, waitsForCalls));
        Assert.All(handovers[..2], handover => Assert.True(handover.Result?.Delivered));
        Assert.All(handovers[2..], handover => Assert.Equal(default, handover));
    }

    [Fact]
    public async Task Call_that_never_ends_is_given_up_and_uncertain()
    {
        var channel = new Channel(new DeliveryPace(1, 1)) { Hold = true };
        using var lane = Over(channel);

        var delivering = DeliverAsync(lane, 1);
        clock.Advance(options.CallTimeout - TimeSpan.FromSeconds(1));
        var early = delivering.IsCompleted;
        clock.Advance(TimeSpan.FromSeconds(1));
        var handovers = await delivering.WaitAsync(TimeSpan.FromSeconds(20), Token);

        Assert.False(early);
        Assert.True(Assert.Single(handovers).Result?.Uncertain);
    }

    private sealed class SetBack(TimeProvider clock) : TimeProvider
    {
        public TimeSpan By { get; set; }

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() - By;

        public override long GetTimestamp() => clock.GetTimestamp();

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            clock.CreateTimer(callback, state, dueTime, period);
    }

    private sealed class Channel(DeliveryPace pace) : IDeliveryChannel
    {
        private readonly TaskCompletionSource held = new();
        private int now;

        public List<int> Calls { get; } = [];

        public int MostAtOnce { get; private set; }

        public bool Hold { get; set; }

        public DeliveryResult Answer { get; set; } = new(true);

        public Exception? Problem { get; set; }

        public string Name => "scripted";

        public DeliveryPace Pace => pace;

        public void LetGo() => held.SetResult();

        public async Task<IReadOnlyList<DeliveryResult>> DeliverAsync(
            IReadOnlyList<Contracts.Delivery> deliveries,
            CancellationToken cancellationToken
        )
        {
            lock (Calls)
            {
                Calls.Add(deliveries.Count);
                MostAtOnce = Math.Max(MostAtOnce, ++now);
            }

            if (Hold)
            {
                await held.Task;
            }

            lock (Calls)
            {
                now--;
            }

            return Problem is null ? [.. deliveries.Select(_ => Answer)] : throw Problem;
        }
    }
}
