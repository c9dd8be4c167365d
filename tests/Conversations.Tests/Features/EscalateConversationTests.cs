using Conversations.Contracts;
using FluentValidation;
using Testing;

namespace Conversations.Tests.Features;

public sealed class EscalateConversationTests(ListeningHostFixture host) : IClassFixture<ListeningHostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Escalating_again_keeps_the_first_time_and_reason_and_tells_once()
    {
        var id = Some.Id();
        await host.Modules.Send(new StoreMessages([Some.Message(id) with { UserId = "guest" }]), Token);

        var first = (await host.Modules.Send(new EscalateConversation(id, "Wants a manager"), Token))!;
        var again = (await host.Modules.Send(new EscalateConversation(id, "Still waiting"), Token))!;

        Assert.True(first.Escalated);
        Assert.Equal("Wants a manager", first.EscalationReason);
        Assert.Equal((first.EscalatedAt, first.EscalationReason), (again.EscalatedAt, again.EscalationReason));
        Assert.Equal(
            new ConversationEscalated(id, "guest", "Wants a manager", first.EscalatedAt!.Value),
            Assert.Single(host.Heard<ConversationEscalated>(), told => told.ConversationId == id)
        );
    }

    [Fact]
    public async Task Escalating_at_once_tells_once()
    {
        var id = Some.Id();
        await host.Modules.Send(new StoreMessages([Some.Message(id)]), Token);

        await Task.WhenAll(
            Enumerable.Range(0, 16).Select(i => host.Modules.Send(new EscalateConversation(id, $"{i}"), Token))
        );

        Assert.Single(host.Heard<ConversationEscalated>(), told => told.ConversationId == id);
    }

    [Fact]
    public async Task Unknown_conversation_is_null() =>
        Assert.Null(await host.Modules.Send(new EscalateConversation(Some.Id()), Token));

    [Theory]
    [InlineData("")]
    [InlineData("\0")]
    public async Task A_reason_that_cannot_be_stored_is_refused_by_name(string reason)
    {
        var refused = await Assert.ThrowsAsync<ValidationException>(() =>
            host.Modules.Send(new EscalateConversation(Some.Id(), reason), Token)
        );

        Assert.Equal("Reason", Assert.Single(refused.Errors).PropertyName);
    }
}
