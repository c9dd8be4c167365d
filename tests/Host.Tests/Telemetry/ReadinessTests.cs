using System.Net;
using System.Text.Json;
using Testing;

namespace Host.Tests.Telemetry;

public sealed class ReadinessTests(SeverableHostFixture host) : IClassFixture<SeverableHostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_is_ready_while_its_database_answers_and_alive_even_when_not()
    {
        var (status, checks) = await ReadyAsync();
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(["backlog", "database", "lateness", "scheduler"], checks.Keys.Order(StringComparer.Ordinal));
        Assert.All(checks.Values, check => Assert.Equal("healthy", check));

        await host.SeverAsync();

        (status, checks) = await Until.NotNull<Tuple<HttpStatusCode, Dictionary<string, string?>>>(async () =>
            await ReadyAsync() is (HttpStatusCode.ServiceUnavailable, var seen)
                ? Tuple.Create(HttpStatusCode.ServiceUnavailable, seen)
                : null
        );
        Assert.Equal(("unhealthy", "healthy"), (checks["database"], checks["scheduler"]));
        Assert.Equal(
            HttpStatusCode.OK,
            (await host.Http.GetAsync(new Uri("/health/live", UriKind.Relative), Token)).StatusCode
        );
        Assert.Matches(@"followups_database_up\{[^}]*\} 0\b", await host.Http.GetStringAsync("/metrics", Token));
    }

    private async Task<(HttpStatusCode Status, Dictionary<string, string?> Checks)> ReadyAsync()
    {
        var answer = await host.Http.GetAsync(new Uri("/health/ready", UriKind.Relative), Token);
        var checks = JsonElement.Parse(await answer.Content.ReadAsStringAsync(Token)).GetProperty("checks");
        return (
            answer.StatusCode,
            checks
                .EnumerateObject()
                .ToDictionary(check => check.Name, check => check.Value.GetProperty("status").GetString())
        );
    }
}
