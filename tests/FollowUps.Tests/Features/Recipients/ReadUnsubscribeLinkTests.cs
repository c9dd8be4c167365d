using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Recipients;

public sealed class ReadUnsubscribeLinkTests(UnsubscribableHostFixture host) : IClassFixture<UnsubscribableHostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Link_tells_its_trigger_and_changes_nothing()
    {
        var user = Some.Id();
        var link = await host.LinkOf(user);

        var read = await host.Modules.Send(new ReadUnsubscribeLink(link.Split('/')[^1]), Token);

        Assert.Equal(new UnsubscribeLink(FollowUpTrigger.Custom), read);
        Assert.Empty((await host.Modules.Send(new GetRecipient(user), Token))!.OptOut);
    }

    [Fact]
    public async Task Foreign_token_is_null() =>
        Assert.Null(await host.Modules.Send(new ReadUnsubscribeLink("AAAA"), Token));
}
