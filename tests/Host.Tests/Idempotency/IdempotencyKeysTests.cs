using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
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

    private async Task<HttpResponseMessage> StoreAsync(string id, string? key, string content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/conversations/{id}/messages")
        {
            Content = JsonContent.Create(new { role = "user", content }),
        };
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
}
