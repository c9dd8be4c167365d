using Conversations.Contracts;
using Testing;

namespace Conversations.Tests.Features;

public sealed class GetConversationTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Unknown_conversation_is_null() =>
        Assert.Null(await host.Modules.Send(new GetConversation(Some.Id()), Token));

    [Fact]
    public async Task What_a_write_answered_is_read_back()
    {
        var stored = await host.Modules.Send(new StoreMessages([Some.Message(Some.Id(), score: 0.4)]), Token);

        var read = await host.Modules.Send(new GetConversation(stored.Conversations[0].Id), Token);

        Assert.Equivalent(stored.Conversations[0], read, strict: true);
    }
}
