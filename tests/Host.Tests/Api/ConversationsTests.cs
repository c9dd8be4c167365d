using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Testing;

namespace Host.Tests.Api;

public sealed class ConversationsTests(HostFixture host) : IClassFixture<HostFixture>
{
    [Fact]
    public async Task New_message_is_201_and_its_repetition_200()
    {
        var url = $"/api/v1/conversations/{Some.Id()}/messages";
        var body = new
        {
            id = Guid.NewGuid(),
            role = "user",
            content = "Hello",
        };

        var first = await host.Http.PostAsJsonAsync(url, body, TestContext.Current.CancellationToken);
        var again = await host.Http.PostAsJsonAsync(url, body, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (first.StatusCode, again.StatusCode));
    }

    [Fact]
    public async Task A_conflict_names_the_message_and_its_place_in_the_batch()
    {
        var message = new
        {
            conversationId = Some.Id(),
            id = Guid.NewGuid(),
            role = "user",
            content = "Hello",
        };
        var fresh = new
        {
            conversationId = Some.Id(),
            role = "user",
            content = "Hello",
        };
        await host.Http.PostAsJsonAsync(
            "/api/v1/messages/batch",
            new { messages = new[] { message } },
            TestContext.Current.CancellationToken
        );

        foreach (
            var (url, body, field) in ((string, object, string)[])
                [
                    (
                        "messages/batch",
                        new
                        {
                            messages = (object[])
                                [
                                    fresh,
                                    new
                                    {
                                        message.conversationId,
                                        message.id,
                                        role = "user",
                                        content = "Bye",
                                    },
                                ],
                        },
                        "messages[1].id"
                    ),
                    (
                        $"conversations/{message.conversationId}/messages",
                        new
                        {
                            message.id,
                            role = "user",
                            content = "Bye",
                        },
                        "id"
                    ),
                ]
        )
        {
            var answer = await host.Http.PostAsJsonAsync($"/api/v1/{url}", body, TestContext.Current.CancellationToken);

            Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
            Assert.Equal(message.id, problem.GetProperty("messageId").GetGuid());
            Assert.Equal(field, Assert.Single(problem.GetProperty("errors").EnumerateObject()).Name);
        }

        var untouched = await host.Http.GetAsync(
            $"/api/v1/conversations/{fresh.conversationId}",
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HttpStatusCode.NotFound, untouched.StatusCode);
    }

    [Theory]
    [InlineData("""{"content":"x"}""", "role")]
    [InlineData("""{"role":"usr","content":"x"}""", "role")]
    [InlineData("""{"role":"user","content":7}""", "content")]
    [InlineData("""{"role":"user"}""", "content")]
    [InlineData("""{"role":"user","content":"x","emotion":{"score":1.01}}""", "emotion.score")]
    [InlineData("""{"role":"user","content":"x","emotion":{"score":NaN}}""", "emotion.score")]
    [InlineData("""{"role":"user","content":"x","sentAt":"2031-11-05T18:00:00"}""", "sentAt")]
    [InlineData("""{"role":"user","content":"x","userId":""}""", "userId")]
    [InlineData("""{"role":"user","content":"x","content":"y"}""", "content")]
    [InlineData("""{"role":"user",""", "body")]
    public async Task Bad_input_names_the_field_and_stores_nothing(string body, string field)
    {
        var id = Some.Id();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");

        var answer = await host.Http.PostAsync(
            $"/api/v1/conversations/{id}/messages",
            content,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal([field], problem.GetProperty("errors").EnumerateObject().Select(error => error.Name));
        var conversation = await host.Http.GetAsync(
            $"/api/v1/conversations/{id}",
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HttpStatusCode.NotFound, conversation.StatusCode);
    }

    [Fact]
    public async Task History_is_read_page_by_page()
    {
        var url = $"/api/v1/conversations/{Some.Id()}/messages";
        for (var i = 0; i < 3; i++)
        {
            await host.Http.PostAsJsonAsync(
                url,
                new { role = "user", content = $"{i}" },
                TestContext.Current.CancellationToken
            );
        }

        var first = await host.Http.GetFromJsonAsync<JsonElement>(
            $"{url}?limit=2",
            TestContext.Current.CancellationToken
        );
        var cursor = first.GetProperty("nextCursor").GetString();
        var second = await host.Http.GetFromJsonAsync<JsonElement>(
            $"{url}?limit=2&cursor={cursor}",
            TestContext.Current.CancellationToken
        );

        string?[] Contents(JsonElement page) =>
            [.. page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("content").GetString())];
        Assert.Equal(["0", "1"], Contents(first));
        Assert.Equal(["2"], Contents(second));
        Assert.Equal(JsonValueKind.Null, second.GetProperty("nextCursor").ValueKind);
    }
}
