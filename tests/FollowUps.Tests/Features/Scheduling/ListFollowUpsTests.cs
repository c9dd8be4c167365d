using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Scheduling;

public sealed class ListFollowUpsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<Guid> Schedule(string user, DateTimeOffset at, string message = "Your menu is ready.")
    {
        var item = new NewFollowUp
        {
            Trigger = FollowUpTrigger.Custom,
            UserId = user,
            ScheduledAt = at,
            Message = message,
        };
        return (await host.Modules.Send(new ScheduleFollowUps([item]), Token))[0].FollowUp!.Id;
    }

    private async Task<Guid[]> Ids(ListFollowUps request) =>
        [.. (await host.Modules.Send(request, Token)).Items.Select(item => item.Id)];

    [Fact]
    public async Task Soonest_come_first_page_by_page()
    {
        var user = Some.Id();
        var (third, first, second) = (
            await Schedule(user, Noon.AddHours(2)),
            await Schedule(user, Noon),
            await Schedule(user, Noon.AddHours(1))
        );

        var page = await host.Modules.Send(new ListFollowUps(user, Limit: 2), Token);
        var rest = await host.Modules.Send(new ListFollowUps(user, Limit: 2, After: page.Next), Token);

        Assert.Equal([first, second], page.Items.Select(item => item.Id));
        Assert.Equal([third], rest.Items.Select(item => item.Id));
        Assert.Null(rest.Next);
    }

    [Fact]
    public async Task It_is_narrowed_by_status_trigger_and_time()
    {
        var user = Some.Id();
        var (early, late) = (await Schedule(user, Noon), await Schedule(user, Noon.AddHours(1)));
        var mood = new NewFollowUp { Trigger = FollowUpTrigger.EmotionBased, UserId = user };
        var check = (await host.Modules.Send(new ScheduleFollowUps([mood]), Token))[0].FollowUp!.Id;
        await host.Modules.Send(new CancelFollowUp(late), Token);

        Assert.Equal([check, early, late], await Ids(new ListFollowUps(user)));
        Assert.Equal([late], await Ids(new ListFollowUps(user, FollowUpStatus.Cancelled)));
        Assert.Equal([early, late], await Ids(new ListFollowUps(user, Trigger: FollowUpTrigger.Custom)));
        Assert.Equal([late], await Ids(new ListFollowUps(user, From: Noon.AddHours(1))));
        Assert.Equal([check, early], await Ids(new ListFollowUps(user, To: Noon.AddHours(1))));
        Assert.Empty(await Ids(new ListFollowUps(Some.Id())));
    }

    [Fact]
    public async Task Preview_is_the_first_hundred_characters()
    {
        var user = Some.Id();
        await Schedule(user, Noon, new string('x', 101));

        var page = await host.Modules.Send(new ListFollowUps(user), Token);

        Assert.Equal(new string('x', 100), page.Items[0].MessagePreview);
    }
}
