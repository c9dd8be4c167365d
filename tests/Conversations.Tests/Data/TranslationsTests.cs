using Conversations.Contracts;
using Conversations.Features;
using LinqToDB.Internal.Linq;
using MediatR;
using Testing;

namespace Conversations.Tests.Data;

// A query that linq2db does not find among those it knows costs milliseconds each time.
public sealed class TranslationsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public Task Messages() =>
        TranslatedOnceAsync<MessageOnPage>(
            (id, limit) => new GetMessages(id, true, limit, new MessageKey(Noon.AddHours(limit), Guid.NewGuid()))
        );

    [Fact]
    public Task Emotion_history() => TranslatedOnceAsync<ScoredRow>((id, limit) => new GetEmotionHistory(id, limit));

    [Fact]
    public Task Messages_of_a_customer() =>
        TranslatedOnceAsync<GetUserMessagesHandler.Found>((id, limit) => new GetUserMessages(id, Limit: limit));

    [Fact]
    public Task Conversations_of_a_customer() =>
        TranslatedOnceAsync<Conversation>((id, limit) => new ListConversations(id, Limit: limit));

    // Other tests of this process may ask in shapes of their own meanwhile: those are few.
    private async Task TranslatedOnceAsync<T>(Func<string, int, IBaseRequest> request)
    {
        var before = Query<T>.CacheMissCount;
        for (var limit = 1; limit <= 50; limit++)
        {
            await host.Modules.Send((object)request(Some.Id(), limit), TestContext.Current.CancellationToken);
        }

        Assert.InRange(Query<T>.CacheMissCount - before, 0, 25);
    }
}
