using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Testing;

namespace Host.Tests.Api;

public sealed class UsersTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task Store(string user, string conversation, int count)
    {
        var messages = Enumerable
            .Range(0, count)
            .Select(i => new
            {
                conversationId = conversation,
                userId = user,
                role = "user",
                content = $"{i}",
                sentAt = new DateTimeOffset(2031, 11, 5, 12, 0, 0, TimeSpan.Zero).AddMinutes(i),
            });
        var answer = await host.Http.PostAsJsonAsync("/api/v1/messages/batch", new { messages }, Token);
        answer.EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task Export_is_one_document_with_every_message_however_many_pages_it_took()
    {
        var user = Some.Id();
        await Store(user, $"{user}-a", 450);
        await Store(user, $"{user}-b", 3);

        var document = await host.Http.GetFromJsonAsync<JsonElement>($"/api/v1/users/{user}/export", Token);

        var conversations = document.GetProperty("conversations").EnumerateArray().ToArray();
        Assert.Equal([$"{user}-a", $"{user}-b"], conversations.Select(c => c.GetProperty("id").GetString()));
        Assert.Equal(
            Enumerable.Range(0, 450).Select(i => $"{i}"),
            conversations[0].GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("content").GetString())
        );
        Assert.Equal(3, conversations[1].GetProperty("messages").GetArrayLength());
    }

    [Fact]
    public async Task Erased_is_counted_then_reading_is_404_and_writing_410()
    {
        var user = Some.Id();
        await Store(user, $"{user}-a", 5);

        var erased = await host.Http.DeleteFromJsonAsync<JsonElement>($"/api/v1/users/{user}", Token);
        var again = await host.Http.DeleteFromJsonAsync<JsonElement>($"/api/v1/users/{user}", Token);

        Assert.Equal(
            (1, 5),
            (erased.GetProperty("conversations").GetInt32(), erased.GetProperty("messages").GetInt32())
        );
        Assert.Equal((0, 0), (again.GetProperty("conversations").GetInt32(), again.GetProperty("messages").GetInt32()));
        foreach (
            var url in (string[])
                [
                    $"conversations/{user}-a",
                    $"conversations/{user}-a/messages",
                    $"conversations/{user}-a/emotion-history",
                    $"conversations/{user}-a/context-window",
                    $"users/{user}/export",
                ]
        )
        {
            Assert.Equal(HttpStatusCode.NotFound, (await host.Http.GetAsync($"/api/v1/{url}", Token)).StatusCode);
        }

        foreach (
            var body in (object[])
                [
                    new { role = "user", content = "x" },
                    new
                    {
                        role = "user",
                        content = "x",
                        userId = user,
                    },
                ]
        )
        {
            var answer = await host.Http.PostAsJsonAsync($"/api/v1/conversations/{user}-a/messages", body, Token);
            Assert.Equal(HttpStatusCode.Gone, answer.StatusCode);
        }

        foreach (
            var (method, path, body) in ((string, string, string?)[])
                [
                    ("PATCH", "", """{"context":{}}"""),
                    ("POST", "/escalation", null),
                    ("DELETE", "/escalation", null),
                    ("POST", "/close", null),
                    ("POST", "/reopen", null),
                    ("PUT", $"/messages/{Guid.NewGuid()}/emotion", """{"score":0.5}"""),
                ]
        )
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), $"/api/v1/conversations/{user}-a{path}");
            request.Content = body is null ? null : new StringContent(body, null, "application/json");
            Assert.Equal(HttpStatusCode.Gone, (await host.Http.SendAsync(request, Token)).StatusCode);
        }
    }

    [Fact]
    public async Task Both_modules_are_exported_erased_and_counted_and_refuse_from_then_on()
    {
        var user = Some.Id();
        var followUp = new
        {
            trigger = "custom",
            userId = user,
            scheduledAt = "2031-11-05T18:00:00Z",
            message = "Your menu is ready.",
        };
        var booking = new
        {
            userId = user,
            conversationId = $"{user}-a",
            eventAt = "2031-11-05T18:00:00Z",
        };
        await host.Http.PostAsJsonAsync("/api/v1/follow-ups", followUp, Token);
        await host.Http.PostAsJsonAsync($"/api/v1/bookings/{user}-b/confirmed", booking, Token);
        await host.Http.PutAsJsonAsync($"/api/v1/recipients/{user}", new { locale = "de" }, Token);
        await host.Http.PostAsJsonAsync($"/api/v1/bookings/{user}-b/confirmed", booking, Token);

        var exported = await host.Http.GetFromJsonAsync<JsonElement>($"/api/v1/users/{user}/export", Token);
        var erased = await host.Http.DeleteFromJsonAsync<JsonElement>($"/api/v1/users/{user}", Token);
        var again = await host.Http.DeleteAsync($"/api/v1/users/{user}", Token);

        Assert.Equal(user, exported.GetProperty("userId").GetString());
        Assert.Equal("de", exported.GetProperty("recipient").GetProperty("locale").GetString());
        Assert.Equal($"{user}-b", exported.GetProperty("bookings")[0].GetProperty("bookingId").GetString());
        Assert.Equal(2, exported.GetProperty("followUps").GetArrayLength());
        Assert.Equal(1, exported.GetProperty("conversations").GetArrayLength());
        Assert.Equal("duplicate", exported.GetProperty("refusals")[0].GetProperty("outcome").GetString());
        Assert.Equal(
            """{"conversations":1,"messages":1,"followUps":2,"deliveries":0,"bookings":1,"refusals":1,"recipients":1}""",
            erased.GetRawText()
        );
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal(
            """{"conversations":0,"messages":0,"followUps":0,"deliveries":0,"bookings":0,"refusals":0,"recipients":0}""",
            await again.Content.ReadAsStringAsync(Token)
        );
        foreach (
            var written in (HttpResponseMessage[])
                [
                    await host.Http.PostAsJsonAsync("/api/v1/follow-ups", followUp, Token),
                    await host.Http.PostAsJsonAsync($"/api/v1/bookings/{user}-b/confirmed", booking, Token),
                    await host.Http.PutAsJsonAsync($"/api/v1/recipients/{user}", new { locale = "de" }, Token),
                ]
        )
        {
            Assert.Equal(HttpStatusCode.Gone, written.StatusCode);
            Assert.Equal("application/problem+json", written.Content.Headers.ContentType!.MediaType);
        }

        foreach (var url in (string[])[$"recipients/{user}", $"users/{user}/messages", $"users/{user}/export"])
        {
            Assert.Equal(HttpStatusCode.NotFound, (await host.Http.GetAsync($"/api/v1/{url}", Token)).StatusCode);
        }
    }

    [Fact]
    public async Task Who_was_only_ever_scheduled_for_is_exported_too()
    {
        var user = Some.Id();
        await host.Http.PostAsJsonAsync("/api/v1/follow-ups", new { trigger = "emotion_based", userId = user }, Token);

        var exported = await host.Http.GetFromJsonAsync<JsonElement>($"/api/v1/users/{user}/export", Token);

        Assert.Equal(0, exported.GetProperty("conversations").GetArrayLength());
        Assert.Equal(0, exported.GetProperty("bookings").GetArrayLength());
        Assert.Equal(1, exported.GetProperty("followUps").GetArrayLength());
    }

    [Fact]
    public async Task An_id_too_long_is_400_and_an_unknown_one_404()
    {
        var wrong = await host.Http.GetAsync($"/api/v1/users/{new string('x', 256)}/export", Token);
        var unknown = await host.Http.GetAsync($"/api/v1/users/{Some.Id()}/export", Token);

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.NotFound), (wrong.StatusCode, unknown.StatusCode));
    }
}
