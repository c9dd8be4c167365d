using Conversations.Contracts;
using Testing;

namespace Conversations.Tests.Features;

public sealed class ReopenConversationTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_closed_one_opens_with_its_reason_and_stays_so_when_asked_again()
    {
        var id = Some.Id();
        await host.Modules.Send(new StoreMessages([Some.Message(id)]), Token);
        await host.Modules.Send(new CloseConversation(id, "Booked"), Token);

        var first = (await host.Modules.Send(new ReopenConversation(id, "Booking moved"), Token))!;
        var again = (await host.Modules.Send(new ReopenConversation(id, "Asked again"), Token))!;

        Assert.True(first.Active);
        Assert.Equal((null, "Booking moved"), (first.CloseReason, first.ReopenReason));
        Assert.Equal("Booking moved", again.ReopenReason);
    }

    [Fact]
    public async Task Unknown_conversation_is_null() =>
        Assert.Null(await host.Modules.Send(new ReopenConversation(Some.Id()), Token));
}
