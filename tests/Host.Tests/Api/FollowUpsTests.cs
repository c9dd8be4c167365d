using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Testing;

namespace Host.Tests.Api;

public sealed class FollowUpsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<string> ScheduledAsync(string user, string eventAt)
    {
        var answer = await host.Http.PostAsJsonAsync(
            "/api/v1/follow-ups",
            new
            {
                trigger = "post_event",
                userId = user,
                eventAt,
            },
            Token
        );
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        return body.GetProperty("followUp").GetProperty("id").GetString()!;
    }

    private async Task<string> ConflictOf(string id, string wish)
    {
        var answer = await host.Http.PostAsJsonAsync(
            $"/api/v1/follow-ups/{id}/{wish}",
            new { scheduledAt = "2031-11-06T19:00:00Z" },
            Token
        );
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal("about:blank", problem.GetProperty("type").GetString());
        return problem.GetProperty("detail").GetString()!;
    }

    [Fact]
    public async Task Conflict_says_what_stands_in_the_way()
    {
        var user = Some.Id();
        var first = await ScheduledAsync(user, "2031-11-05T18:00:00Z");
        var second = await ScheduledAsync(user, "2031-11-15T18:00:00Z");
        Task Set(string what) =>
            host.ExecuteAsync($"UPDATE followups.follow_ups SET {what} WHERE id = $1", Guid.Parse(second));

        var beside = await ConflictOf(second, "reschedule");
        var pending = await ConflictOf(second, "retry");
        await Set("leased_until = now() + interval '1 hour'");
        var leased = await ConflictOf(second, "cancel");
        await Set("status = 3, leased_until = NULL, scheduled_at = '2031-11-07Z'");
        var failed = (await ConflictOf(second, "cancel"), await ConflictOf(second, "reschedule"));
        var like = await ConflictOf(second, "retry");
        await Set("status = 1, executed_at = now()");
        var sent = (
            await ConflictOf(second, "cancel"),
            await ConflictOf(second, "reschedule"),
            await ConflictOf(second, "retry")
        );
        await Set("status = 2");
        var cancelled = (await ConflictOf(second, "reschedule"), await ConflictOf(second, "retry"));

        Assert.Equal($"Another one like it is pending at that time: {first}.", beside);
        Assert.Equal("It is pending: there is nothing to retry.", pending);
        Assert.Equal("It is being sent right now.", leased);
        Assert.Equal(
            ("It is failed and cannot be cancelled any more.", "It is failed and cannot be rescheduled: retry it."),
            failed
        );
        Assert.Equal($"One like it was scheduled meanwhile: {first}.", like);
        Assert.Equal(
            (
                "It is executed and cannot be cancelled any more.",
                "It is executed and cannot be rescheduled any more.",
                "It is executed: only what has failed can be retried."
            ),
            sent
        );
        Assert.Equal(
            (
                "It is cancelled and cannot be rescheduled any more.",
                "It is cancelled: only what has failed can be retried."
            ),
            cancelled
        );
    }
}
