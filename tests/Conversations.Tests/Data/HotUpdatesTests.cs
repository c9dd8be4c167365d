using Conversations.Contracts;
using Npgsql;
using Testing;

namespace Conversations.Tests.Data;

public sealed class HotUpdatesTests(HostFixture host) : IClassFixture<HostFixture>
{
    private const int Messages = 200;

    // PostgreSQL counts with a delay: the counters are read until all updates have arrived.
    [Fact]
    public async Task A_message_updates_its_conversation_without_touching_an_index()
    {
        var (id, at) = (Some.Id(), new DateTimeOffset(2031, 11, 5, 12, 0, 0, TimeSpan.Zero));
        for (var i = 0; i <= Messages; i++)
        {
            await host.Modules.Send(
                new StoreMessages([Some.Message(id, 0.5, at.AddSeconds(i)) with { UserId = "guest" }]),
                TestContext.Current.CancellationToken
            );
        }

        await using var database = NpgsqlDataSource.Create(host.ConnectionString);
        var counters = await Until.NotNull(async () =>
        {
            await using var command = database.CreateCommand(
                """
                SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables
                WHERE schemaname = 'conversations' AND relname = 'conversations'
                """
            );
            await using var row = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
            await row.ReadAsync(TestContext.Current.CancellationToken);
            return row.GetInt64(0) >= Messages ? new { Updates = row.GetInt64(0), Hot = row.GetInt64(1) } : null;
        });

        Assert.True(counters.Hot >= counters.Updates * 0.95, $"{counters.Hot} of {counters.Updates} updates were HOT.");
    }
}
