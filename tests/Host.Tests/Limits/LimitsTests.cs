using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Npgsql;
using Testing;

namespace Host.Tests.Limits;

public sealed class LimitsTests(LimitsTests.SmallHost host) : IClassFixture<LimitsTests.SmallHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Caller_who_asks_too_often_is_told_when_to_come_back_and_health_still_answers()
    {
        var token = host.Token("conversations.read");
        var answers = new List<HttpResponseMessage>();
        for (var i = 0; i < 40; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/conversations/unknown");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            answers.Add(await host.Http.SendAsync(request, Token));
        }

        var refused = answers.Where(answer => answer.StatusCode == HttpStatusCode.TooManyRequests).ToList();
        Assert.NotEmpty(refused);
        Assert.All(
            refused,
            answer =>
            {
                Assert.True(answer.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
                Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
            }
        );
        Assert.Equal(HttpStatusCode.OK, (await host.Http.GetAsync("/health/live", Token)).StatusCode);
    }

    [Fact]
    public async Task Host_that_is_full_says_so_at_once_and_health_still_answers()
    {
        await using var full = new FullHost();
        await full.InitializeAsync();
        var id = Some.Id();
        Task<HttpResponseMessage> Store() =>
            full.Http.PostAsJsonAsync(
                $"/api/v1/conversations/{id}/messages",
                new { role = "user", content = "x" },
                Token
            );
        await Store();
        await using var holder = new NpgsqlConnection(full.ConnectionString);
        await holder.OpenAsync(Token);
        await using var transaction = await holder.BeginTransactionAsync(Token);
        await using var hold = new NpgsqlCommand("LOCK TABLE conversations.messages", holder, transaction);
        await hold.ExecuteNonQueryAsync(Token);

        var waiting = Store();
        var refused = await Until.NotNull(async () =>
        {
            // The question may have taken the one place before it.
            if (waiting.IsCompleted)
            {
                waiting = Store();
            }

            var answer = await full.Http.GetAsync("/api/v1/nothing", Token);
            return answer.StatusCode == HttpStatusCode.NotFound ? null : answer;
        });

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, (await full.Http.GetAsync("/health/live", Token)).StatusCode);
        await transaction.RollbackAsync(Token);
        Assert.Equal(HttpStatusCode.Created, (await waiting).StatusCode);
    }

    [Fact]
    public async Task Body_over_the_limit_is_413()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/conversations/c/messages")
        {
            Content = JsonContent.Create(new { role = "user", content = new string('x', 20_000) }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            host.Token("conversations.write", subject: "uploader")
        );
        request.Headers.ExpectContinue = true;

        var answer = await host.Http.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains("\"body\":[", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_carry_what_keeps_browsers_safe_and_no_other_site_may_call()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/conversations");
        request.Headers.Add("Origin", "https://evil.example.org");

        var answer = await host.Http.SendAsync(request, Token);

        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("DENY", Assert.Single(answer.Headers.GetValues("X-Frame-Options")));
        Assert.True(answer.Headers.CacheControl?.NoStore);
        Assert.Contains(
            "default-src 'none'",
            Assert.Single(answer.Headers.GetValues("Content-Security-Policy")),
            StringComparison.Ordinal
        );
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.False(answer.Headers.Contains("Server"));
    }

    public sealed class SmallHost : ClosedHostFixture
    {
        protected override void Customise(WebApplicationBuilder builder)
        {
            base.Customise(builder);
            builder.Configuration["Limits:RequestsPerSecond"] = "1";
            builder.Configuration["Limits:Burst"] = "20";
            builder.Configuration["Limits:MaxBodyBytes"] = "10000";
        }
    }

    private sealed class FullHost() : HostFixture(null, ("Limits:Concurrent", "1"));
}
