using Conversations.Contracts;
using FluentValidation;
using Testing;

namespace Conversations.Tests.Features;

public sealed class GetEmotionHistoryTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Newest_scores_come_first_and_what_has_none_is_left_out()
    {
        var id = Some.Id();
        var messages = Enumerable
            .Range(0, 30)
            .Select(i => Some.Message(id, i % 3 == 0 ? null : i / 100.0, Noon.AddMinutes(i / 2)))
            .ToArray();
        await host.Modules.Send(new StoreMessages(messages), Token);
        await host.Modules.Send(new SetMessageEmotion(id, messages[0].Id!.Value, 0, "calm"), Token);

        var ten = await host.Modules.Send(new GetEmotionHistory(id), Token);
        var all = await host.Modules.Send(new GetEmotionHistory(id, 200), Token);

        var expected = messages
            .Where((_, i) => i == 0 || i % 3 != 0)
            .OrderByDescending(m => m.SentAt)
            .ThenByDescending(m => m.Id!.Value)
            .Select(m => m.Id!.Value)
            .ToArray();
        Assert.Equal(expected[..10], ten!.Select(score => score.MessageId));
        Assert.Equal(expected, all!.Select(score => score.MessageId));
        Assert.Contains(new ScoredMessage(messages[0].Id!.Value, Noon, 0, "calm"), all!);
    }

    [Fact]
    public async Task Nothing_scored_is_empty_and_nothing_known_is_null()
    {
        var id = Some.Id();
        await host.Modules.Send(new StoreMessages([Some.Message(id)]), Token);

        Assert.Empty((await host.Modules.Send(new GetEmotionHistory(id), Token))!);
        Assert.Null(await host.Modules.Send(new GetEmotionHistory(Some.Id()), Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(201)]
    public async Task A_limit_out_of_bounds_is_refused(int limit) =>
        await Assert.ThrowsAsync<ValidationException>(() =>
            host.Modules.Send(new GetEmotionHistory(Some.Id(), limit), Token)
        );
}
