using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FollowUps.Contracts;
using Microsoft.Extensions.DependencyInjection;
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

        await host.Modules.Send(
            new ScheduleFollowUps([Some.FollowUp(Some.Id()) with { ScheduledAt = DateTimeOffset.UtcNow.AddDays(9) }]),
            Token
        );
        // Who asks whether it is ready makes the Host look.
        await Until.NotNull(async () => await ReadyAsync() is (HttpStatusCode.OK, _) && Pending() is [1] ? host : null);

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
        var metrics = await MetricsAsync();
        Assert.Matches(@"followups_database_up\{[^}]*\} 0\b", metrics);
        // Nobody knows of a backlog, least of all that there is none.
        Assert.Empty(Pending());

        // What fails at once is no quick call.
        for (var i = 0; i < 5; i++)
        {
            await host.Http.GetAsync(new Uri("/api/v1/conversations/c/emotion-history", UriKind.Relative), Token);
        }

        var history = (await host.Http.GetFromJsonAsync<JsonElement>("/api/v1/performance", Token))
            .GetProperty("operations")
            .GetProperty("emotion_history");
        Assert.Equal(5, history.GetProperty("failed").GetInt64() + history.GetProperty("count").GetInt64());
        Assert.True(history.GetProperty("failed").GetInt64() > 0);
    }

    // Of this Host alone: what /metrics shows, the Hosts of a process share.
    private List<long> Pending()
    {
        var own = host.Services.GetRequiredService<IMeterFactory>();
        var told = new List<long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Name == "followups.dispatch.pending" && instrument.Meter.Scope == own)
            {
                listening.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => told.Add(value));
        listener.SetMeasurementEventCallback<int>((_, value, _, _) => told.Add(value));
        listener.Start();
        listener.RecordObservableInstruments();
        return told;
    }

    private Task<string> MetricsAsync() => host.Http.GetStringAsync("/metrics", Token);

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
