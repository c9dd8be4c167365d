using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FollowUps.Contracts;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Testing;

namespace Host.Tests.Idempotency;

public sealed class IdempotencyKeysTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Repetition_gets_the_same_answer_and_stores_nothing_new()
    {
        var (id, key) = (Some.Id(), Some.Id());

        var first = await StoreAsync(id, key, "Hello");
        var second = await StoreAsync(id, key, "Hello");

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (first.StatusCode, second.StatusCode));
        Assert.Equal(await first.Content.ReadAsStringAsync(Token), await second.Content.ReadAsStringAsync(Token));
        Assert.True(second.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(1, await CountAsync(id));
    }

    [Fact]
    public async Task Where_the_new_one_is_stands_in_the_repetition_too()
    {
        var key = Some.Id();
        Task<HttpResponseMessage> Schedule() =>
            SendAsync("/api/v1/follow-ups", key, new { trigger = "emotion_based", userId = key });

        var (first, second) = (await Schedule(), await Schedule());
        var there = await host.Http.GetFromJsonAsync<JsonElement>(first.Headers.Location, Token);

        Assert.Equal(first.Headers.Location, second.Headers.Location);
        Assert.Equal(key, there.GetProperty("userId").GetString());
    }

    [Fact]
    public async Task Erasing_a_customer_forgets_what_was_answered_about_them_and_nobody_else()
    {
        var (anna, conversation, bert) = (Some.Id(), Some.Id(), Some.Id());
        async Task<HttpResponseMessage[]> Say() =>
            [
                // Before anybody knew whose conversation it is.
                await StoreAsync(conversation, $"{anna}-1", "Hello"),
                await SendAsync(
                    $"/api/v1/conversations/{conversation}/messages",
                    $"{anna}-2",
                    new
                    {
                        role = "user",
                        content = "I am Anna",
                        userId = anna,
                    }
                ),
                await SendAsync(
                    "/api/v1/templates/custom/preview",
                    $"{anna}-3",
                    new { userId = anna, body = "{{ user_id }}" }
                ),
                await StoreAsync(bert, $"{anna}-4", "Hello"),
            ];
        await Say();

        await host.Http.DeleteAsync($"/api/v1/users/{anna}", Token);
        var answers = await Say();

        Assert.Equal(
            [HttpStatusCode.Gone, HttpStatusCode.Gone, HttpStatusCode.OK, HttpStatusCode.Created],
            answers.Select(answer => answer.StatusCode)
        );
        Assert.Equal(
            [false, false, false, true],
            answers.Select(answer => answer.Headers.Contains("Idempotency-Replayed"))
        );
    }

    [Fact]
    public async Task What_is_being_answered_while_its_customer_is_erased_is_not_kept()
    {
        await using var slow = new SlowHost();
        await slow.InitializeAsync();
        var (anna, key) = (Some.Id(), Some.Id());
        var followUp = await (
            await SendAsync(slow, "/api/v1/follow-ups", null, new { trigger = "emotion_based", userId = anna })
        ).Content.ReadFromJsonAsync<JsonElement>(Token);
        var cancel = $"/api/v1/follow-ups/{followUp.GetProperty("followUp").GetProperty("id")}/cancel";

        var answering = SendAsync(slow, cancel, key, new { reason = "changed mind" });
        await slow.Answered;
        await slow.Http.DeleteAsync($"/api/v1/users/{anna}", Token);
        slow.LetGo();
        var first = await answering;
        var second = await SendAsync(slow, cancel, key, new { reason = "changed mind" });

        Assert.Contains(anna, await first.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal(
            (HttpStatusCode.NotFound, false),
            (second.StatusCode, second.Headers.Contains("Idempotency-Replayed"))
        );
    }

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    public async Task Key_of_no_use_is_named_as_the_document_names_it(int length)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/follow-ups");
        request.Headers.TryAddWithoutValidation("Idempotency-Key", new string('x', length));

        var answer = await host.Http.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal(["Idempotency-Key"], problem.GetProperty("errors").EnumerateObject().Select(field => field.Name));
        Assert.NotEmpty(problem.GetProperty("traceId").GetString()!);
    }

    [Fact]
    public async Task Without_the_header_each_message_is_its_own()
    {
        var id = Some.Id();

        await StoreAsync(id, null, "Hello");
        await StoreAsync(id, null, "Hello");

        Assert.Equal(2, await CountAsync(id));
    }

    [Fact]
    public async Task Same_key_with_another_body_is_refused()
    {
        var (id, key) = (Some.Id(), Some.Id());
        await StoreAsync(id, key, "Hello");

        var other = await StoreAsync(id, key, "Good bye");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
        Assert.Equal("application/problem+json", other.Content.Headers.ContentType?.MediaType);
        Assert.Equal(1, await CountAsync(id));
    }

    [Fact]
    public async Task Many_at_once_store_one()
    {
        var (id, key) = (Some.Id(), Some.Id());

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => StoreAsync(id, key, "Hello")));

        Assert.All(
            answers,
            a => Assert.Contains(a.StatusCode, (HttpStatusCode[])[HttpStatusCode.Created, HttpStatusCode.Conflict])
        );
        Assert.Equal(1, await CountAsync(id));
    }

    [Fact]
    public async Task What_was_refused_may_be_corrected_under_the_same_key()
    {
        var (id, key) = (Some.Id(), Some.Id());
        var wrong = await StoreAsync(id, key, "");

        var right = await StoreAsync(id, key, "Hello");

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.Created), (wrong.StatusCode, right.StatusCode));
    }

    [Fact]
    public async Task Table_tells_nobody_what_was_said_and_forgets_after_a_day()
    {
        var (id, key) = (Some.Id(), Some.Id());
        await StoreAsync(id, key, "Meet me at the kitchen door");
        await using var connection = new NpgsqlConnection(host.ConnectionString);
        await connection.OpenAsync(Token);
        await using var read = new NpgsqlCommand(
            "SELECT string_agg(encode(answer, 'escape') || encode(key, 'escape'), ' ') FROM access.answers",
            connection
        );
        var table = (string)(await read.ExecuteScalarAsync(Token))!;

        Assert.DoesNotContain("kitchen", table, StringComparison.Ordinal);
        Assert.DoesNotContain(key, table, StringComparison.Ordinal);

        await host.ExecuteAsync("UPDATE access.answers SET taken_at = taken_at - interval '25 hours'");
        var later = await StoreAsync(id, key, "Another day");

        Assert.Equal(HttpStatusCode.Created, later.StatusCode);
    }

    private Task<HttpResponseMessage> StoreAsync(string id, string? key, string content) =>
        SendAsync($"/api/v1/conversations/{id}/messages", key, new { role = "user", content });

    private Task<HttpResponseMessage> SendAsync<T>(string path, string? key, T body) =>
        SendAsync(host, path, key, body);

    private static async Task<HttpResponseMessage> SendAsync<T>(HostFixture host, string path, string? key, T body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await host.Http.SendAsync(request, Token);
    }

    private async Task<long> CountAsync(string id) =>
        (await host.Http.GetFromJsonAsync<JsonElement>($"/api/v1/conversations/{id}", Token))
            .GetProperty("messageCount")
            .GetInt64();

    // Keeps the answer to a cancellation back until it is let go.
    private sealed class SlowHost : HostFixture, IPipelineBehavior<CancelFollowUp, CancelFollowUpResult?>
    {
        private readonly TaskCompletionSource answered = new();
        private readonly TaskCompletionSource letGo = new();

        public Task Answered => answered.Task;

        public void LetGo() => letGo.TrySetResult();

        public async Task<CancelFollowUpResult?> Handle(
            CancelFollowUp request,
            RequestHandlerDelegate<CancelFollowUpResult?> next,
            CancellationToken cancellationToken
        )
        {
            var result = await next(cancellationToken);
            answered.TrySetResult();
            await letGo.Task;
            return result;
        }

        protected override void Customise(WebApplicationBuilder builder) =>
            builder.Services.AddSingleton<IPipelineBehavior<CancelFollowUp, CancelFollowUpResult?>>(this);
    }
}
