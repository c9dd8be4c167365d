using Conversations.Contracts;
using Testing;

namespace Conversations.Tests.Features;

public sealed class ExplainQueriesTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_executed()
    {
        await host.Modules.Send(new ExplainQueries(), Token);

        Assert.Null(await host.Modules.Send(new GetConversation("nobody"), Token));
    }

    [Fact]
    public async Task Every_index_that_a_query_was_built_on_is_there_and_made_by_a_migration()
    {
        var answer = await host.Modules.Send(new ExplainQueries(), Token);

        var there = answer.Indexes.Where(index => index.State == IndexState.Valid).Select(index => index.Name).ToList();
        Assert.Equal(there.Count, answer.Indexes.Count);
        Assert.Subset(there.ToHashSet(), answer.Queries.SelectMany(query => query.Indexes).ToHashSet());
        Assert.Contains("ix_messages_search", there);
    }

    [Fact]
    public async Task An_index_that_a_migration_made_is_missed_with_the_statement_that_makes_it()
    {
        var index = (await host.Modules.Send(new ExplainQueries(), Token)).Indexes.Single(i =>
            i.Name == "ix_messages_search"
        );
        await host.ExecuteAsync("DROP INDEX conversations.ix_messages_search");

        var missed = (await host.Modules.Send(new ExplainQueries(), Token)).Indexes.Single(i =>
            i.Name == "ix_messages_search"
        );

        Assert.Equal((IndexState.Missing, index.Table), (missed.State, missed.Table));
        await host.ExecuteAsync(missed.Definition);
        Assert.Equal(
            index.Definition,
            (await host.Modules.Send(new ExplainQueries(), Token))
                .Indexes.Single(i => i.Name == "ix_messages_search")
                .Definition
        );
    }
}
