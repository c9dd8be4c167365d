using Conversations.Contracts;
using FluentValidation;
using Testing;

namespace Conversations.Tests.Features;

public sealed class SetMessageEmotionTests(ListeningHostFixture host) : IClassFixture<ListeningHostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private int Drops(string id) => host.Heard<MoodDropped>().Count(drop => drop.ConversationId == id);

    [Fact]
    public async Task A_late_score_counts_where_its_message_stands()
    {
        var id = Some.Id();
        var messages = Enumerable.Range(0, 12).Select(i => Some.Message(id, 0.5, Noon.AddMinutes(i))).ToArray();
        await host.Modules.Send(new StoreMessages([.. messages[..11], messages[11] with { Emotion = null }]), Token);

        var newest = await host.Modules.Send(
            new SetMessageEmotion(id, messages[11].Id!.Value, 1, "joy", ["joy"]),
            Token
        );
        var oldest = await host.Modules.Send(new SetMessageEmotion(id, messages[0].Id!.Value, 0), Token);

        Assert.Equal(
            (0.55, EmotionTrend.Improving),
            (newest!.Conversation.AverageEmotionScore, newest.Conversation.EmotionTrend)
        );
        Assert.Equivalent(new Emotion(1, "joy", ["joy"]), newest.Message.Emotion, strict: true);
        Assert.Equal(0.55, oldest!.Conversation.AverageEmotionScore);
        Assert.Equal(0, oldest.Message.Emotion!.Score);
        Assert.Equal(12, oldest.Conversation.MessageCount);
    }

    [Fact]
    public async Task It_neither_reopens_nor_counts_as_activity_and_the_message_may_come_again_as_it_first_was()
    {
        var message = Some.Message(Some.Id(), 0.5, Noon);
        await host.Modules.Send(new StoreMessages([message]), Token);
        await host.Modules.Send(new CloseConversation(message.ConversationId), Token);

        var scored = await host.Modules.Send(
            new SetMessageEmotion(message.ConversationId, message.Id!.Value, 0.9),
            Token
        );
        var again = await host.Modules.Send(new StoreMessages([message]), Token);

        Assert.False(scored!.Conversation.Active);
        Assert.Equal(Noon, scored.Conversation.LastActivityAt);
        Assert.Equal((null, 1), (again.Refusal, again.Duplicates));
        Assert.Equal(0.9, again.Messages[0].Emotion!.Score);
        Assert.Equal(0.9, again.Conversations[0].AverageEmotionScore);
    }

    [Fact]
    public async Task Each_fall_below_the_line_is_told_once_however_many_write_at_once()
    {
        var id = Some.Id();
        var messages = Enumerable
            .Range(0, 74)
            .Select(i => Some.Message(id, i < 10 ? 0.9 : null, Noon.AddMinutes(i)))
            .ToArray();
        await host.Modules.Send(new StoreMessages(messages), Token);

        // Only ever down, in whatever order they come: one crossing.
        await Parallel.ForEachAsync(
            messages[10..],
            new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = Token },
            async (message, token) => await host.Modules.Send(new SetMessageEmotion(id, message.Id!.Value, 0), token)
        );
        Assert.Equal(1, Drops(id));

        // Up again and down again: a second one; and what stays below is not told again.
        foreach (var (score, drops) in ((double, int)[])[(1, 1), (1, 1), (0, 2), (0, 2)])
        {
            foreach (var message in messages[64..])
            {
                await host.Modules.Send(new SetMessageEmotion(id, message.Id!.Value, score), Token);
            }

            Assert.Equal(drops, Drops(id));
        }
    }

    [Fact]
    public async Task An_unknown_message_is_null()
    {
        var id = Some.Id();
        await host.Modules.Send(new StoreMessages([Some.Message(id)]), Token);

        Assert.Null(await host.Modules.Send(new SetMessageEmotion(id, Guid.NewGuid(), 0.5), Token));
        Assert.Null(await host.Modules.Send(new SetMessageEmotion(Some.Id(), Guid.NewGuid(), 0.5), Token));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(-0.01)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public async Task A_score_outside_zero_to_one_is_refused(double? score) =>
        await Assert.ThrowsAsync<ValidationException>(() =>
            host.Modules.Send(new SetMessageEmotion(Some.Id(), Guid.NewGuid(), score), Token)
        );
}
