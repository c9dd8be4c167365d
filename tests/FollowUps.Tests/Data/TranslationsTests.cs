using FollowUps.Contracts;
using LinqToDB.Internal.Linq;
using MediatR;
using Testing;

namespace FollowUps.Tests.Data;

// A query that linq2db does not find among those it knows costs milliseconds each time.
public sealed class TranslationsTests(HostFixture host) : IClassFixture<HostFixture>
{
    [Fact]
    public Task Follow_ups_of_a_customer() =>
        TranslatedOnceAsync<ListedFollowUp>((id, limit) => new ListFollowUps(id, Limit: limit));

    [Fact]
    public Task What_left_by_the_outbox() =>
        TranslatedOnceAsync<OutboxItem>((id, limit) => new ListOutbox(id, Limit: limit));

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
