using Conversations.Contracts;
using FluentValidation;
using Testing;

namespace Conversations.Tests.Features;

public sealed class SetMessageEmotionTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Late_and_corrected_scores_are_in_the_statistics_at_once()
    {
        var id = Some.Id();
        NewMessage[] messages = [Some.Message(id, 0.5, Noon), Some.Message(id, null, Noon.AddMinutes(1))];
        await host.Modules.Send(new StoreMessages(messages), Token);

        var late = await host.Modules.Send(
            new SetMessageEmotion(id, messages[1].Id!.Value, 1, "joy", ["joy", "relief"]),
            Token
        );
        var corrected = await host.Modules.Send(new SetMessageEmotion(id, messages[0].Id!.Value, 0), Token);

        Assert.Equal(
            (0.75, EmotionTrend.Improving),
            (late!.Conversation.AverageEmotionScore, late.Conversation.EmotionTrend)
        );
        Assert.Equal("joy", late.Message.Emotion!.Label);
        Assert.Equal(["joy", "relief"], late.Message.Emotion.Detected!);
        Assert.Equal(0.5, corrected!.Conversation.AverageEmotionScore);
        Assert.Equivalent(
            corrected.Conversation,
            await host.Modules.Send(new GetConversation(id), Token),
            strict: true
        );
    }

    // The window keeps ten: when its newest loses weight, an older one that was pushed out does not come back by that.
    [Fact]
    public async Task Score_of_a_message_older_than_the_newest_ten_changes_no_statistics()
    {
        var id = Some.Id();
        NewMessage[] messages = [.. Enumerable.Range(0, 12).Select(i => Some.Message(id, 0.5, Noon.AddMinutes(i)))];
        await host.Modules.Send(new StoreMessages(messages), Token);

        var old = await host.Modules.Send(new SetMessageEmotion(id, messages[0].Id!.Value, 0), Token);

        Assert.Equal(0.5, old!.Conversation.AverageEmotionScore);
        Assert.Equal(0, old.Message.Emotion!.Score);
    }

    [Fact]
    public async Task Message_of_another_conversation_is_null()
    {
        var message = Some.Message(Some.Id());
        await host.Modules.Send(new StoreMessages([message]), Token);

        Assert.Null(await host.Modules.Send(new SetMessageEmotion(Some.Id(), message.Id!.Value, 1), Token));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(-0.01)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public async Task Score_is_a_finite_number_between_0_and_1(double? score) =>
        await Assert.ThrowsAsync<ValidationException>(() =>
            host.Modules.Send(new SetMessageEmotion(Some.Id(), Guid.NewGuid(), score), Token)
        );
}
