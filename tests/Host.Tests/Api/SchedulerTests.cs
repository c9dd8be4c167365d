using System.Net.Http.Json;
using System.Text.Json;
using Testing;

namespace Host.Tests.Api;

public sealed class SchedulerTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Health_counts_what_waits_and_what_went_today()
    {
        foreach (var due in new[] { "2021-11-05T18:00:00Z", "2099-11-05T18:00:00Z" })
        {
            await host.Http.PostAsJsonAsync(
                "/api/v1/follow-ups",
                new
                {
                    trigger = "custom",
                    userId = Some.Id(),
                    scheduledAt = due,
                    message = "Hello",
                },
                Token
            );
        }

        var health = await Until.NotNull(async () =>
            await host.Http.GetFromJsonAsync<JsonElement>("/api/v1/scheduler/health", Token) is var now
            && now.GetProperty("executedToday").GetInt64() == 1
                ? now.ToString()
                : null
        );

        var answer = JsonElement.Parse(health);
        Assert.Equal(
            ("healthy", true),
            (answer.GetProperty("status").GetString(), answer.GetProperty("schedulerRunning").GetBoolean())
        );
        Assert.Equal((1, 0), (answer.GetProperty("pendingJobs").GetInt64(), answer.GetProperty("overdue").GetInt64()));
        Assert.Equal("2099-11-05T18:00:00Z", answer.GetProperty("nextAt").GetString());
        Assert.Equal("dispatch-sweep", answer.GetProperty("recurringWork")[0].GetProperty("name").GetString());
    }
}
