using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Testing;

namespace Host.Tests.Pipeline;

public sealed class EncodedSlashesTests(HostFixture host) : IClassFixture<HostFixture>
{
    public static TheoryData<string> Ids() =>
        ["a/b", "a%2Fb", "a%252Fb/c", "/", "//x//", "50%", "a b+c?d#e&f;g=h\\i", "😀/مرحبا", new string('/', 200)];

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task Any_id_in_a_path_is_the_id_that_was_sent(string text)
    {
        var id = text + Some.Id();
        var url = $"/api/v1/conversations/{Uri.EscapeDataString(id)}";

        var stored = await host.Http.PostAsJsonAsync(
            $"{url}/messages",
            new
            {
                userId = id,
                role = "user",
                content = "x",
            },
            TestContext.Current.CancellationToken
        );
        var read = await host.Http.GetFromJsonAsync<JsonElement>(url, TestContext.Current.CancellationToken);
        var timeline = await host.Http.GetFromJsonAsync<JsonElement>(
            $"/api/v1/users/{Uri.EscapeDataString(id)}/messages",
            TestContext.Current.CancellationToken
        );

        Assert.Equal(HttpStatusCode.Created, stored.StatusCode);
        Assert.Equal((id, id), (read.GetProperty("id").GetString(), read.GetProperty("userId").GetString()));
        Assert.Equal(id, timeline.GetProperty("items")[0].GetProperty("conversationId").GetString());
    }
}
