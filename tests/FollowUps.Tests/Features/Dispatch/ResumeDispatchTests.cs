using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Dispatch;

public sealed class ResumeDispatchTests(HostFixture host) : IClassFixture<HostFixture>
{
    [Fact]
    public async Task One_trigger_is_resumed_and_the_others_stay_paused()
    {
        var token = TestContext.Current.CancellationToken;

        var all = await host.Modules.Send(new PauseDispatch(), token);
        var again = await host.Modules.Send(new PauseDispatch(FollowUpTrigger.Custom), token);
        var rest = await host.Modules.Send(new ResumeDispatch(FollowUpTrigger.Custom), token);

        Assert.Equal(4, all.Count);
        Assert.Equal(all, again);
        Assert.DoesNotContain(FollowUpTrigger.Custom, rest);
        Assert.Equal(3, rest.Count);
    }
}
