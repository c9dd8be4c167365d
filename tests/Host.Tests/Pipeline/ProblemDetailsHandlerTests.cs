using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FollowUps.Contracts;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Testing;

namespace Host.Tests.Pipeline;

public sealed class ProblemDetailsHandlerTests(ProblemDetailsHandlerTests.FrailHost host)
    : IClassFixture<ProblemDetailsHandlerTests.FrailHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "/api/v1/conversations/unknown", null, 404)]
    [InlineData("GET", "/api/v1/nothing", null, 404)]
    [InlineData("GET", "/api/v1/conversations?limit=many", null, 400)]
    [InlineData("DELETE", "/api/v1/follow-ups", null, 405)]
    [InlineData("POST", "/api/v1/follow-ups", "", 400)]
    [InlineData("POST", "/api/v1/follow-ups", "{", 400)]
    [InlineData("POST", "/api/v1/follow-ups", "[]", 400)]
    public async Task Every_refusal_is_a_problem_with_a_trace_id(string method, string url, string? body, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), url);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        await AssertProblem(await host.Http.SendAsync(request, Token), (HttpStatusCode)status);
    }

    [Fact]
    public async Task Body_that_is_no_JSON_is_415()
    {
        using var content = new StringContent("hello", Encoding.UTF8, "text/plain");

        var answer = await host.Http.PostAsync("/api/v1/follow-ups", content, Token);

        var problem = await AssertProblem(answer, HttpStatusCode.UnsupportedMediaType);
        Assert.Equal("Send application/json.", problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Fault_of_ours_is_a_problem_without_its_insides()
    {
        var answer = await host.Http.GetAsync("/api/v1/follow-ups/statistics", Token);

        var problem = await AssertProblem(answer, HttpStatusCode.InternalServerError);
        Assert.DoesNotContain(FrailHost.Secret, problem.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exhausted_pool_is_503_with_a_time_to_come_back()
    {
        var id = Some.Id();
        await StoreAsync(id);
        await using var holder = new NpgsqlConnection(host.ConnectionString);
        await holder.OpenAsync(Token);
        await using var transaction = await holder.BeginTransactionAsync(Token);
        await using var hold = new NpgsqlCommand(
            "SELECT FROM conversations.conversations WHERE id = $1 FOR UPDATE",
            holder,
            transaction
        )
        {
            Parameters = { new() { Value = id } },
        };
        await hold.ExecuteNonQueryAsync(Token);

        var waiting = StoreAsync(id);
        var crowded = await host.Http.GetAsync($"/api/v1/conversations/{id}", Token);
        while (crowded.StatusCode == HttpStatusCode.OK)
        {
            crowded = await host.Http.GetAsync($"/api/v1/conversations/{id}", Token);
        }

        await AssertProblem(crowded, HttpStatusCode.ServiceUnavailable);
        Assert.NotNull(crowded.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, (await host.Http.GetAsync("/health/live", Token)).StatusCode);
        await transaction.RollbackAsync(Token);
        Assert.Equal(HttpStatusCode.Created, (await waiting).StatusCode);
    }

    [Fact]
    public async Task Unreachable_database_is_503_with_a_time_to_come_back()
    {
        await using var lost = new LostHost();
        await lost.InitializeAsync();
        await lost.LoseDatabaseAsync();

        var answer = await lost.Http.GetAsync("/api/v1/conversations/any", Token);

        var problem = await AssertProblem(answer, HttpStatusCode.ServiceUnavailable);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.DoesNotContain("127.0.0.1", problem.ToString(), StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> StoreAsync(string id) =>
        host.Http.PostAsJsonAsync($"/api/v1/conversations/{id}/messages", new { role = "user", content = "x" }, Token);

    private static async Task<JsonElement> AssertProblem(HttpResponseMessage answer, HttpStatusCode status)
    {
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        Assert.NotEmpty(problem.GetProperty("type").GetString()!);
        Assert.NotEmpty(problem.GetProperty("traceId").GetString()!);
        return problem;
    }

    // One connection a module, a second to wait for it, and one use case that is broken.
    public sealed class FrailHost : HostFixture
    {
        public const string Secret = "the customer said so";

        protected override void Customise(WebApplicationBuilder builder)
        {
            builder.Configuration["ConnectionStrings:Postgres"] = new NpgsqlConnectionStringBuilder(ConnectionString)
            {
                MaxPoolSize = 1,
                Timeout = 1,
            }.ConnectionString;
            builder.Services.AddSingleton<IPipelineBehavior<GetFollowUpStatistics, FollowUpStatistics>, Broken>();
        }

        private sealed class Broken : IPipelineBehavior<GetFollowUpStatistics, FollowUpStatistics>
        {
            public Task<FollowUpStatistics> Handle(
                GetFollowUpStatistics request,
                RequestHandlerDelegate<FollowUpStatistics> next,
                CancellationToken cancellationToken
            ) => throw new InvalidOperationException(Secret);
        }
    }

    private sealed class LostHost : HostFixture
    {
        private CrossingCounter? link;

        public async Task LoseDatabaseAsync()
        {
            await link!.DisposeAsync();
            link = null;
        }

        protected override void Customise(WebApplicationBuilder builder)
        {
            link = new CrossingCounter(ConnectionString);
            builder.Configuration["ConnectionStrings:Postgres"] = link.ConnectionString;
        }

        public override async ValueTask DisposeAsync()
        {
            GC.SuppressFinalize(this);
            await base.DisposeAsync();
            if (link is not null)
            {
                await link.DisposeAsync();
            }
        }
    }
}
