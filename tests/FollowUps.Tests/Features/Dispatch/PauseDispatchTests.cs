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
                new NewFollowUp
                {
                    Trigger = FollowUpTrigger.Custom,
                    UserId = user,
                    ScheduledAt = DateTimeOffset.UtcNow,
                    Message = "Your menu is ready.",
                },
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
}
