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

    [Fact]
    public async Task Duplicates_are_among_its_decisions_in_order_of_time()
    {
        var (token, item) = (
            TestContext.Current.CancellationToken,
            new NewFollowUp { Trigger = FollowUpTrigger.EmotionBased, UserId = Some.Id() }
        );
        var id = (await host.Modules.Send(new ScheduleFollowUps([item]), token))[0].FollowUp!.Id;
        await host.Modules.Send(new ScheduleFollowUps([item, item]), token);
        await host.Modules.Send(new CancelFollowUp(id), token);

        var read = await host.Modules.Send(new GetFollowUp(id), token);

        Assert.Equal(["scheduled", "duplicate", "cancelled"], read!.Decisions.Select(decision => decision.Decision));
        Assert.Equal(2, read.Decisions[1].Inputs!.Value.GetProperty("times").GetInt32());
    }
}
