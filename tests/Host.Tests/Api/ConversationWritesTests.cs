using System.Net;
using System.Text;
using System.Text.Json;
using Testing;

namespace Host.Tests.Api;

public sealed class ConversationWritesTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<(HttpStatusCode Status, JsonElement Body)> Send(HttpMethod method, string url, string? body)
    {
        using var request = new HttpRequestMessage(method, $"/api/v1/{url}");
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await host.Http.SendAsync(request, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        return (answer.StatusCode, text.Length == 0 ? default : JsonElement.Parse(text));
    }

    private async Task<string> Conversation()
    {
        var id = Some.Id();
        await Send(HttpMethod.Post, $"conversations/{id}/messages", """{"role":"user","content":"Hello"}""");
        return id;
    }

    [Fact]
    public async Task A_conversation_is_escalated_resolved_closed_and_reopened()
    {
        var id = await Conversation();

        var escalated = await Send(HttpMethod.Post, $"conversations/{id}/escalation", """{"reason":"Angry"}""");
        var resolved = await Send(HttpMethod.Delete, $"conversations/{id}/escalation", null);
        var closed = await Send(HttpMethod.Post, $"conversations/{id}/close", null);
        var reopened = await Send(HttpMethod.Post, $"conversations/{id}/reopen", "{}");

        Assert.Equal("Angry", escalated.Body.GetProperty("escalationReason").GetString());
        Assert.True(escalated.Body.GetProperty("escalated").GetBoolean());
        Assert.False(resolved.Body.GetProperty("escalated").GetBoolean());
        Assert.False(closed.Body.GetProperty("active").GetBoolean());
        Assert.True(reopened.Body.GetProperty("active").GetBoolean());
    }

    [Fact]
    public async Task Context_is_patched()
    {
        var id = await Conversation();
        await Send(HttpMethod.Patch, $"conversations/{id}", """{"context":{"guests":40,"vegan":true}}""");

        var patched = await Send(
            HttpMethod.Patch,
            $"conversations/{id}",
            """{"context":{"vegan":null,"date":"May"}}"""
        );

        Assert.Equal(HttpStatusCode.OK, patched.Status);
        Assert.True(
            JsonElement.DeepEquals(
                JsonElement.Parse("""{"guests":40,"date":"May"}"""),
                patched.Body.GetProperty("context")
            )
        );
    }

    [Theory]
    [InlineData("POST", "/escalation", """{"reason":""}""", "reason")]
    [InlineData("POST", "/escalation", """{"reason":7}""", "reason")]
    [InlineData("POST", "/close", """{"reason":"\u0000"}""", "reason")]
    [InlineData("POST", "/reopen", """{"reason":""", "reason")]
    [InlineData("POST", "/reopen", "reason", "body")]
    [InlineData("PATCH", "", """{}""", "context")]
    [InlineData("PATCH", "", """{"context":null}""", "context")]
    [InlineData("PATCH", "", """{"context":[1]}""", "context")]
    [InlineData("PATCH", "", """{"context":"text"}""", "context")]
    public async Task Bad_input_names_the_field(string method, string path, string body, string field)
    {
        var (status, problem) = await Send(new HttpMethod(method), $"conversations/{await Conversation()}{path}", body);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal([field], problem.GetProperty("errors").EnumerateObject().Select(error => error.Name));
    }

    [Theory]
    [InlineData("POST", "/escalation")]
    [InlineData("DELETE", "/escalation")]
    [InlineData("POST", "/close")]
    [InlineData("POST", "/reopen")]
    [InlineData("PATCH", "")]
    public async Task Unknown_conversation_is_404(string method, string path)
    {
        var body = method == "PATCH" ? """{"context":{}}""" : null;

        var (status, _) = await Send(new HttpMethod(method), $"conversations/{Some.Id()}{path}", body);

        Assert.Equal(HttpStatusCode.NotFound, status);
    }

    [Fact]
    public async Task What_is_nested_as_deep_as_may_be_is_read_by_every_call()
    {
        var (id, user) = (Some.Id(), Some.Id());
        var deep = $"{new string('[', 31)}{new string(']', 31)}";

        var stored = await Send(
            HttpMethod.Post,
            $"conversations/{id}/messages",
            $$"""{"role":"assistant","content":"","userId":"{{user}}","metadata":{"a":{{deep}} },"toolCalls":[{{deep}}]}"""
        );
        var patched = await Send(HttpMethod.Patch, $"conversations/{id}", $$"""{"context":{"a":{{deep}} } }""");
        foreach (
            var url in (string[])
                [
                    $"conversations/{id}",
                    $"conversations?userId={user}",
                    $"conversations/{id}/messages",
                    $"conversations/{id}/context-window",
                    $"users/{user}/messages",
                    $"users/{user}/export",
                ]
        )
        {
            Assert.Equal((url, HttpStatusCode.OK), (url, (await Send(HttpMethod.Get, url, null)).Status));
        }

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (stored.Status, patched.Status));
    }

    [Fact]
    public async Task What_is_too_large_names_its_field_and_stores_nothing()
    {
        var id = Some.Id();
        var url = $"conversations/{id}/messages";
        var blob = new string('x', 65_536);

        Assert.Equal(["content"], Fields(await Send(HttpMethod.Post, url, Body(new string('x', 100_001)))));
        Assert.Equal(["content"], Fields(await Send(HttpMethod.Post, url, Body(new string('x', 2_000_000)))));
        Assert.Equal(
            ["metadata"],
            Fields(
                await Send(HttpMethod.Post, url, $$$"""{"role":"user","content":"x","metadata":{"a":"{{{blob}}}"}}""")
            )
        );
        Assert.Equal(
            ["toolCalls"],
            Fields(await Send(HttpMethod.Post, url, $$$"""{"role":"user","content":"x","toolCalls":["{{{blob}}}"]}"""))
        );
        Assert.Equal(HttpStatusCode.NotFound, (await Send(HttpMethod.Get, $"conversations/{id}", null)).Status);

        Assert.Equal(HttpStatusCode.Created, (await Send(HttpMethod.Post, url, Body(new string('x', 100_000)))).Status);
        Assert.Equal(
            ["context"],
            Fields(await Send(HttpMethod.Patch, $"conversations/{id}", $$$"""{"context":{"a":"{{{blob}}}"}}"""))
        );

        static string Body(string content) => JsonSerializer.Serialize(new { role = "user", content });
        static string[] Fields((HttpStatusCode Status, JsonElement Body) answer)
        {
            Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
            return [.. answer.Body.GetProperty("errors").EnumerateObject().Select(error => error.Name)];
        }
    }

    [Fact]
    public async Task A_batch_of_ten_thousand_is_stored_and_one_more_is_refused()
    {
        var (id, late) = (Some.Id(), Some.Id());

        var stored = await Send(HttpMethod.Post, "messages/batch", Batch(id, 10_000));
        var refused = await Send(HttpMethod.Post, "messages/batch", Batch(late, 10_001));

        Assert.Equal(10_000, stored.Body.GetProperty("stored").GetInt32());
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Equal(["messages"], refused.Body.GetProperty("errors").EnumerateObject().Select(error => error.Name));
        Assert.Equal(HttpStatusCode.NotFound, (await Send(HttpMethod.Get, $"conversations/{late}", null)).Status);

        static string Batch(string id, int count) =>
            JsonSerializer.Serialize(
                new
                {
                    messages = Enumerable.Repeat(
                        new
                        {
                            conversationId = id,
                            role = "user",
                            content = "x",
                        },
                        count
                    ),
                }
            );
    }

    [Fact]
    public async Task A_body_beyond_sixteen_megabytes_is_413()
    {
        // The answer comes before the body is sent: it is refused by its length.
        using var patient = new HttpClient(
            new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(1) }
        );
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            new Uri(host.Http.BaseAddress!, "/api/v1/messages/batch")
        );
        request.Content = new ByteArrayContent(new byte[(16 * 1024 * 1024) + 1]);
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.ExpectContinue = true;

        using var answer = await patient.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }
}
