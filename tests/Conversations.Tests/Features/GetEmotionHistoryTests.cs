using Conversations.Contracts;
using FluentValidation;
using Testing;

namespace Conversations.Tests.Features;

public sealed class GetEmotionHistoryTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Newest_scores_come_first_and_messages_without_one_are_left_out()
    {
        var id = Some.Id();
        NewMessage[] messages =
        [
            Some.Message(id, 0.25, Noon),
            Some.Message(id, null, Noon.AddMinutes(1)),
            Some.Message(id, 0, Noon.AddMinutes(3)),
            Some.Message(id, 1, Noon.AddMinutes(2)),
        ];
        await host.Modules.Send(new StoreMessages(messages), Token);

        var all = await host.Modules.Send(new GetEmotionHistory(id), Token);
        var newest = await host.Modules.Send(new GetEmotionHistory(id, 2), Token);

        Assert.Equal([0, 1, 0.25], all.Select(scored => scored.Score));
        Assert.Equal([messages[2].Id, messages[3].Id], newest.Select(scored => (Guid?)scored.MessageId));
    }

    [Fact]
    public async Task Unknown_conversation_has_none() =>
        Assert.Empty(await host.Modules.Send(new GetEmotionHistory(Some.Id()), Token));

    [Theory]
    [InlineData(0)]
    [InlineData(201)]
    public async Task Limit_lies_between_1_and_200(int limit) =>
        await Assert.ThrowsAsync<ValidationException>(() =>
            host.Modules.Send(new GetEmotionHistory(Some.Id(), limit), Token)
        );
}
