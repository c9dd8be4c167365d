using Conversations.Contracts;
using FluentValidation;
using Testing;

namespace Conversations.Tests.Features;

public sealed class GetConversationTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_what_its_messages_made_it()
    {
        var (id, user) = (Some.Id(), Some.Id());
        await host.Modules.Send(
            new StoreMessages([
                Some.Message(id, 0.2, Noon) with
                {
                    Channel = "web",
                },
                Some.Message(id, 0.8, Noon.AddMinutes(1)) with
                {
                    UserId = user,
                    Channel = "sms",
                },
                Some.Message(id, null, Noon.AddMinutes(2)) with
                {
                    Role = MessageRole.Assistant,
                    Channel = "web",
                },
            ]),
            Token
        );

        var conversation = (await host.Modules.Send(new GetConversation(id), Token))!;

        Assert.Equal((id, user, 3), (conversation.Id, conversation.UserId, conversation.MessageCount));
        Assert.Equal((0.5, EmotionTrend.Improving), (conversation.AverageEmotionScore, conversation.EmotionTrend));
        Assert.Equal(
            (Noon.AddMinutes(2), Noon.AddMinutes(1)),
            (conversation.LastMessageAt, conversation.LastActivityAt)
        );
        Assert.Equal(["sms", "web"], conversation.Channels);
        Assert.Equal((true, false), (conversation.Active, conversation.Escalated));
    }

    [Fact]
    public async Task An_unknown_one_is_null() =>
        Assert.Null(await host.Modules.Send(new GetConversation(Some.Id()), Token));

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public async Task No_id_is_refused(string id) =>
        await Assert.ThrowsAsync<ValidationException>(() => host.Modules.Send(new GetConversation(id), Token));
}
