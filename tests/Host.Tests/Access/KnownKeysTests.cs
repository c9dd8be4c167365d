using System.Net;
using Host.Access;
using Npgsql;
using Testing;

namespace Host.Tests.Access;

// A Host of its own: what strangers may ask a second is soon used up here.
public sealed class KnownKeysTests(ClosedHostFixture host) : IClassFixture<ClosedHostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_a_crowd_of_strangers_no_more_than_so_many_wait_for_a_look_at_the_keys()
    {
        const int beyond = 20;
        await using var connection = new NpgsqlConnection(host.ConnectionString);
        await connection.OpenAsync(Token);
        await using var hold = await connection.BeginTransactionAsync(Token);
        await using (var locking = new NpgsqlCommand("LOCK TABLE access.api_keys", connection))
        {
            await locking.ExecuteNonQueryAsync(Token);
        }

        var strangers = Enumerable.Range(0, KnownKeys.Crowd + beyond).Select(_ => AskAsync()).ToList();
        for (var told = 0; told < beyond; told++)
        {
            strangers.Remove(await Task.WhenAny(strangers));
        }

        // Not because the look itself gave up.
        Assert.All(strangers, waiting => Assert.False(waiting.IsCompleted));
        await hold.RollbackAsync(Token);
        Assert.All(await Task.WhenAll(strangers), status => Assert.NotEqual(HttpStatusCode.OK, status));
    }

    private async Task<HttpStatusCode> AskAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/conversations");
        request.Headers.Add("X-Api-Key", ApiKey.New("nobody", [], DateTimeOffset.UtcNow).Text);
        using var answer = await host.Http.SendAsync(request, Token);
        return answer.StatusCode;
    }
}
