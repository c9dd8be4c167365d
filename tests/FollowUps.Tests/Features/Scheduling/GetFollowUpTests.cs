using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Scheduling;

public sealed class GetFollowUpTests(HostFixture host) : IClassFixture<HostFixture>
{
    [Fact]
    public async Task Unknown_id_is_null() =>
        Assert.Null(await host.Modules.Send(new GetFollowUp(Guid.NewGuid()), TestContext.Current.CancellationToken));

    [Fact]
    public async Task What_was_scheduled_is_read_back()
    {
        var item = new NewFollowUp
        {
            Trigger = FollowUpTrigger.EmotionBased,
            UserId = Some.Id(),
            ConversationId = Some.Id(),
        };
        var scheduled = (await host.Modules.Send(new ScheduleFollowUps([item]), TestContext.Current.CancellationToken))[
            0
        ].FollowUp!;

        var read = await host.Modules.Send(new GetFollowUp(scheduled.Id), TestContext.Current.CancellationToken);

        Assert.Equivalent(scheduled, read);
    }
}
