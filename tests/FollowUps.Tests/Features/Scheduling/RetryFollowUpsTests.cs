using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Scheduling;

public sealed class RetryFollowUpsTests(FailingChannelFixture host) : IClassFixture<FailingChannelFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Failed_ones_go_again_and_of_several_alike_only_the_newest()
    {
        var user = Some.Id();
        await host.FailedAsync(Some.Id());
        await host.FailedAsync(user, "key");
        var newest = await host.FailedAsync(user, "key");

        var none = await host.Modules.Send(new RetryFollowUps(FollowUpTrigger.PostEvent), Token);
        var early = await host.Modules.Send(new RetryFollowUps(To: DateTimeOffset.UtcNow.AddDays(-1)), Token);
        host.Channel.Refuses = false;
        var count = await host.Modules.Send(new RetryFollowUps(FollowUpTrigger.Custom), Token);

        Assert.Equal((0, 0, 2), (none, early, count));
        await Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(newest.Id), Token) is { Status: FollowUpStatus.Executed } sent
                ? sent
                : null
        );
        Assert.Single((await host.Modules.Send(new ListFollowUps(user, FollowUpStatus.Failed), Token)).Items);
    }

    [Fact]
    public async Task No_more_of_a_customer_than_may_be_pending()
    {
        // A Host of its own: what it leaves failed is retried by whoever retries all.
        await using var host = new FailingChannelFixture();
        await host.InitializeAsync();
        var user = Some.Id();
        for (var i = 0; i < 4; i++)
        {
            await host.FailedAsync(user);
        }

        var later = Some.FollowUp(user, DateTimeOffset.UtcNow.AddDays(1));
        await host.Modules.Send(new ScheduleFollowUps([.. Enumerable.Repeat(later, 7)]), Token);
        host.Channel.Refuses = false;
        await host.Modules.Send(new RetryFollowUps(FollowUpTrigger.Custom), Token);

        Assert.Single((await host.Modules.Send(new ListFollowUps(user, FollowUpStatus.Failed), Token)).Items);
    }
}
