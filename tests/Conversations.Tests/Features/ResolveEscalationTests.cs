using Conversations.Contracts;
using Testing;

namespace Conversations.Tests.Features;

public sealed class ResolveEscalationTests(ListeningHostFixture host) : IClassFixture<ListeningHostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Resolving_ends_the_escalation_and_tells_once()
    {
        var id = Some.Id();
        await host.Modules.Send(new StoreMessages([Some.Message(id)]), Token);
        await host.Modules.Send(new EscalateConversation(id, "Wants a manager"), Token);

        var first = (await host.Modules.Send(new ResolveEscalation(id), Token))!;
        var again = (await host.Modules.Send(new ResolveEscalation(id), Token))!;

        Assert.Equal((false, null), (first.Escalated, first.EscalationReason));
        Assert.False(again.Escalated);
        Assert.Single(host.Heard<EscalationResolved>(), told => told.ConversationId == id);
    }

    [Fact]
    public async Task One_never_escalated_stays_as_it_is_and_nothing_is_told()
    {
        var id = Some.Id();
        await host.Modules.Send(new StoreMessages([Some.Message(id)]), Token);

        var answer = await host.Modules.Send(new ResolveEscalation(id), Token);

        Assert.False(answer!.Escalated);
        Assert.DoesNotContain(host.Heard<EscalationResolved>(), told => told.ConversationId == id);
    }

    [Fact]
    public async Task Unknown_conversation_is_null() =>
        Assert.Null(await host.Modules.Send(new ResolveEscalation(Some.Id()), Token));
}
