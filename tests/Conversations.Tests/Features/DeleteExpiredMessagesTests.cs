using Conversations.Contracts;
using Testing;

namespace Conversations.Tests.Features;

public sealed class DeleteExpiredMessagesTests(ForgetfulHostFixture forgetful, HostFixture host)
    : IClassFixture<ForgetfulHostFixture>,
        IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static NewMessage[] Thirteen(string id)
    {
        var old = DateTimeOffset.UtcNow.AddDays(-40);
        return
        [
            .. Enumerable.Range(0, 12).Select(i => Some.Message(id, 0.2, old.AddMinutes(i))),
            Some.Message(id, 0.2, DateTimeOffset.UtcNow),
        ];
    }

    [Fact]
    public async Task Old_messages_go_in_bounded_runs_and_statistics_stay()
    {
        var id = Some.Id();
        await forgetful.Modules.Send(new StoreMessages(Thirteen(id)), Token);
        var before = (await forgetful.Modules.Send(new GetConversation(id), Token))!;

        var runs = new[]
        {
            await forgetful.Modules.Send(new DeleteExpiredMessages(), Token),
            await forgetful.Modules.Send(new DeleteExpiredMessages(), Token),
            await forgetful.Modules.Send(new DeleteExpiredMessages(), Token),
        };

        Assert.Equal([new(10, true), new(2, false), new(0, false)], runs);
        Assert.Single((await forgetful.Modules.Send(new GetMessages(id), Token))!.Items);
        var after = (await forgetful.Modules.Send(new GetConversation(id), Token))!;
        Assert.Equal(
            (before.MessageCount, before.AverageEmotionScore, before.EmotionTrend),
            (after.MessageCount, after.AverageEmotionScore, after.EmotionTrend)
        );
    }

    [Fact]
    public async Task Nothing_goes_unless_the_operator_says_so()
    {
        var id = Some.Id();
        await host.Modules.Send(new StoreMessages(Thirteen(id)), Token);

        var run = await host.Modules.Send(new DeleteExpiredMessages(), Token);

        Assert.Equal(new DeletedMessages(0, false), run);
        Assert.Equal(13, (await host.Modules.Send(new GetMessages(id), Token))!.Items.Count);
    }
}
