using Conversations.Contracts;
using FluentValidation;
using Testing;

namespace Conversations.Tests.Features;

public sealed class CloseConversationTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Closing_again_keeps_the_first_time_and_reason()
    {
        var id = Some.Id();
        await host.Modules.Send(new StoreMessages([Some.Message(id)]), Token);

        var first = (await host.Modules.Send(new CloseConversation(id, "Booked"), Token))!;
        var again = (await host.Modules.Send(new CloseConversation(id, "Booked twice"), Token))!;

        Assert.False(first.Active);
        Assert.Equal((first.ClosedAt, "Booked"), (again.ClosedAt, again.CloseReason));
    }

    [Fact]
    public async Task A_new_message_reopens_it_and_a_repeated_one_does_not()
    {
        var message = Some.Message(Some.Id());
        await host.Modules.Send(new StoreMessages([message]), Token);
        await host.Modules.Send(new CloseConversation(message.ConversationId), Token);

        var repeated = await host.Modules.Send(new StoreMessages([message]), Token);
        var fresh = await host.Modules.Send(new StoreMessages([Some.Message(message.ConversationId)]), Token);

        Assert.False(repeated.Conversations[0].Active);
        Assert.True(fresh.Conversations[0].Active);
    }

    [Fact]
    public async Task Unknown_conversation_is_null() =>
        Assert.Null(await host.Modules.Send(new CloseConversation(Some.Id()), Token));

    [Fact]
    public async Task Too_long_a_reason_is_refused_by_name()
    {
        var refused = await Assert.ThrowsAsync<ValidationException>(() =>
            host.Modules.Send(new CloseConversation(Some.Id(), new string('x', 1001)), Token)
        );

        Assert.Equal("Reason", Assert.Single(refused.Errors).PropertyName);
    }
}
