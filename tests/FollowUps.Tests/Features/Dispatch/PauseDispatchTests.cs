using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Dispatch;

// A host of its own: a pause holds for everybody.
public sealed class PauseDispatchTests(HostFixture host) : IClassFixture<HostFixture>
{
    [Fact]
    public async Task Paused_follow_ups_wait_and_others_go()
    {
        var token = TestContext.Current.CancellationToken;
        var user = Some.Id();

        var paused = await host.Modules.Send(new PauseDispatch(FollowUpTrigger.PostEvent), token);
        var scheduled = await host.Modules.Send(
            new ScheduleFollowUps([
                new NewFollowUp
                {
                    Trigger = FollowUpTrigger.PostEvent,
                    UserId = user,
                    EventAt = DateTimeOffset.UtcNow.AddDays(-2),
                },
                Some.FollowUp(user),
            ]),
            token
        );
        await Executed(scheduled[1].FollowUp!.Id);
        var waiting = await host.Modules.Send(new GetFollowUp(scheduled[0].FollowUp!.Id), token);
        var resumed = await host.Modules.Send(new ResumeDispatch(), token);

        Assert.Equal([FollowUpTrigger.PostEvent], paused);
        Assert.Equal(FollowUpStatus.Pending, waiting!.Status);
        Assert.Empty(resumed);
        await Executed(scheduled[0].FollowUp!.Id);

        Task<FollowUp> Executed(Guid id) =>
            Until.NotNull(async () =>
                await host.Modules.Send(new GetFollowUp(id), token) is { Status: FollowUpStatus.Executed } sent
                    ? sent
                    : null
            );
    }

    [Theory]
    [InlineData(null)]
    [InlineData(FollowUpTrigger.PostEvent)]
    public async Task Pause_of_one_host_holds_on_another_and_on_the_next_and_resuming_sends_it_all(
        FollowUpTrigger? trigger
    )
    {
        var token = TestContext.Current.CancellationToken;
        await using var first = await Node.StartAsync(null, sends: false);
        var second = await Node.StartAsync(first, sends: true);
        await first.Modules.Send(new PauseDispatch(trigger), token);
        var ids = (
            await first.Modules.Send(
                new ScheduleFollowUps([
                    .. Enumerable
                        .Range(0, 50)
                        .Select(_ => new NewFollowUp
                        {
                            Trigger = FollowUpTrigger.PostEvent,
                            UserId = Some.Id(),
                            EventAt = DateTimeOffset.UtcNow.AddDays(-2),
                        }),
                ]),
                token
            )
        ).Select(outcome => outcome.FollowUp!.Id).ToList();

        var meanwhile = await second.Modules.Send(new DispatchDueFollowUps(), token);
        await second.DisposeAsync();
        await using var third = await Node.StartAsync(first, sends: true);
        var later = await third.Modules.Send(new DispatchDueFollowUps(), token);
        var waiting = await Task.WhenAll(ids.Select(Read));
        await first.Modules.Send(new ResumeDispatch(trigger), token);

        Assert.Equal((0, 0), (meanwhile.Claimed, later.Claimed));
        Assert.All(waiting, followUp => Assert.Equal(FollowUpStatus.Pending, followUp.Status));
        foreach (var id in ids)
        {
            var sent = await Until.NotNull(async () =>
                await Read(id) is { Status: FollowUpStatus.Executed } executed ? executed : null
            );
            Assert.Equal("sent", Assert.Single(sent.Attempts).Outcome);
        }

        async Task<FollowUp> Read(Guid id) => (await first.Modules.Send(new GetFollowUp(id), token))!;
    }

    // Looks only when it is told to, or when it starts.
    private sealed class Node(HostFixture? beside, bool sends)
        : HostFixture(
            beside,
            ("FollowUps:DispatchEnabled", $"{sends}"),
            ("FollowUps:DispatchSweepEvery", "1.00:00:00"),
            ("Scheduling:Enabled", "false")
        )
    {
        public static async Task<Node> StartAsync(HostFixture? beside, bool sends)
        {
            var node = new Node(beside, sends);
            await node.InitializeAsync();
            return node;
        }
    }
}
