using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Testing;

namespace Host.Tests.Api;

public sealed class ConversationReadsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private Task<HttpResponseMessage> Get(string path) =>
        host.Http.GetAsync($"/api/v1{path}", TestContext.Current.CancellationToken);

    private async Task<JsonElement> Read(string path)
    {
        var answer = await Get(path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    private async Task<(string User, string Conversation)> Talk(params string[] contents)
    {
        var (user, conversation) = (Some.Id(), Some.Id());
        foreach (var content in contents)
        {
            var answer = await host.Http.PostAsJsonAsync(
                $"/api/v1/conversations/{conversation}/messages",
                new
                {
                    userId = user,
                    role = "user",
                    content,
                    channel = "whatsapp",
                    emotion = new { score = 0.5 },
                },
                TestContext.Current.CancellationToken
            );
            answer.EnsureSuccessStatusCode();
        }

        return (user, conversation);
    }

    private static IEnumerable<string?> Contents(JsonElement page) =>
        page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("content").GetString());

    [Fact]
    public async Task Timeline_goes_on_where_its_cursor_points()
    {
        var (user, _) = await Talk("one", "two", "three");
        var url = $"/users/{user}/messages?order=desc&channel=whatsapp&since=2020-01-01T00:00:00Z&limit=2";

        var first = await Read(url);
        var second = await Read($"{url}&cursor={first.GetProperty("nextCursor").GetString()}");

        Assert.Equal(["three", "two"], Contents(first));
        Assert.Equal(["one"], Contents(second));
        Assert.Equal(JsonValueKind.Null, second.GetProperty("nextCursor").ValueKind);
    }

    [Fact]
    public async Task A_cursor_of_another_list_is_refused()
    {
        var (id, user) = (Some.Id(), Some.Id());
        foreach (var content in (string[])["one", "two"])
        {
            await host.Http.PostAsJsonAsync(
                $"/api/v1/conversations/{id}/messages",
                new
                {
                    role = "user",
                    content,
                    userId = user,
                },
                TestContext.Current.CancellationToken
            );
        }

        var timeline = await host.Http.GetFromJsonAsync<JsonElement>(
            $"/api/v1/users/{user}/messages?limit=1",
            TestContext.Current.CancellationToken
        );
        var cursor = timeline.GetProperty("nextCursor").GetString();

        foreach (
            var list in (string[])[$"conversations/{id}/messages", "conversations", "messages/search", "follow-ups"]
        )
        {
            var answer = await host.Http.GetAsync(
                $"/api/v1/{list}?q=one&cursor={cursor}",
                TestContext.Current.CancellationToken
            );
            Assert.Equal(System.Net.HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Context_window_says_what_it_weighs()
    {
        var (_, conversation) = await Talk("one", "two", "three");

        var window = await Read($"/conversations/{conversation}/context-window?maxTokens=2&keepSystem=true");

        Assert.Equal(["two", "three"], Contents(window));
        Assert.Equal(2, window.GetProperty("tokenCount").GetInt32());
    }

    [Fact]
    public async Task Conversations_of_a_customer_are_listed()
    {
        var (user, conversation) = await Talk("one");

        var list = await Read($"/conversations?userId={user}&active=true&escalated=false&channel=whatsapp");

        Assert.Equal(
            conversation,
            Assert.Single(list.GetProperty("items").EnumerateArray()).GetProperty("id").GetString()
        );
    }

    [Fact]
    public async Task Statistics_count_what_was_said()
    {
        var (user, _) = await Talk("one", "two");

        var statistics = await Read($"/conversations/statistics?userId={user}&days=1");

        Assert.Equal(2, statistics.GetProperty("messagesByRole").GetProperty("user").GetInt32());
        Assert.Equal(0.5, statistics.GetProperty("averageEmotionScore").GetDouble());
        Assert.Equal("whatsapp", statistics.GetProperty("channels")[0].GetProperty("channel").GetString());
    }

    [Fact]
    public async Task Search_marks_what_matched()
    {
        var (user, _) = await Talk("Is the tasting <on>?", "No.");

        var found = await Read($"/messages/search?q=TASTING&userId={user}");

        var match = Assert.Single(found.GetProperty("items").EnumerateArray());
        Assert.Equal("Is the tasting <on>?", match.GetProperty("message").GetProperty("content").GetString());
        Assert.StartsWith(
            "Is the <mark>tasting</mark>",
            match.GetProperty("highlight").GetString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("/users/nobody/messages")]
    [InlineData("/conversations/nothing/context-window")]
    [InlineData("/conversations/nothing/emotion-history")]
    [InlineData("/conversations/nothing/messages")]
    [InlineData("/conversations/nothing")]
    public async Task What_is_unknown_is_404(string path) =>
        Assert.Equal(HttpStatusCode.NotFound, (await Get(path)).StatusCode);

    [Theory]
    [InlineData("/users/u/messages?limit=0", "limit")]
    [InlineData("/users/u/messages?limit=201", "limit")]
    [InlineData("/users/u/messages?limit=many", "limit")]
    [InlineData("/users/u/messages?order=up", "order")]
    [InlineData("/users/u/messages?since=2031-11-05T18:00:00", "since")]
    [InlineData("/users/u/messages?channel=Big%20One", "channel")]
    [InlineData("/users/u/messages?cursor=none", "cursor")]
    [InlineData("/users/u/messages?cursor=bnVsbA", "cursor")]
    [InlineData("/users/u/messages?cursor=e30", "cursor")]
    [InlineData("/conversations/c/context-window?maxTokens=0", "maxTokens")]
    [InlineData("/conversations/c/context-window?maxTokens=99999999999", "maxTokens")]
    [InlineData("/conversations/c/context-window?keepSystem=perhaps", "keepSystem")]
    [InlineData("/conversations?active=perhaps", "active")]
    [InlineData("/conversations?userId=", "userId")]
    [InlineData("/conversations?limit=-1", "limit")]
    [InlineData("/conversations/statistics?days=0", "days")]
    [InlineData("/messages/search", "q")]
    [InlineData("/messages/search?q=%20", "q")]
    [InlineData("/messages/search?q=a%00b", "q")]
    [InlineData("/messages/search?q=a&limit=201", "limit")]
    public async Task Bad_input_names_the_field(string path, string field)
    {
        var answer = await Get(path);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal([field], problem.GetProperty("errors").EnumerateObject().Select(error => error.Name));
    }
}
