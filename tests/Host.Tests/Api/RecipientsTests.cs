using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Testing;

namespace Host.Tests.Api;

public sealed class RecipientsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<(HttpStatusCode Status, JsonElement Body)> Put(string user, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        var answer = await host.Http.PutAsync($"/api/v1/recipients/{user}", content, Token);
        return (answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>(Token));
    }

    [Fact]
    public async Task One_never_put_answers_with_defaults()
    {
        var user = Some.Id();

        var answer = await host.Http.GetAsync($"/api/v1/recipients/{user}", Token);

        Assert.Equal(
            $$"""{"userId":"{{user}}","timeZone":"UTC","locale":"en","addresses":{},"optOut":[],"quietHours":null,"frequencyCap":null,"tag":{{answer.Headers.ETag}}}""",
            await answer.Content.ReadAsStringAsync(Token)
        );
    }

    [Fact]
    public async Task What_is_put_is_answered_and_the_path_names_the_customer()
    {
        var user = Some.Id();

        var (status, body) = await Put(
            user,
            """
            {"userId":"another","timeZone":"Europe/Berlin","locale":"de-de","addresses":{"sms":"+49 30 1"},"optOut":["all"],
             "quietHours":{"from":"22:00","to":"07:00"},"frequencyCap":{"max":3,"per":"P7D"}}
            """
        );

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(
            $$$"""{"userId":"{{{user}}}","timeZone":"Europe/Berlin","locale":"de-DE","addresses":{"sms":"+49 30 1"},"optOut":["all"],"quietHours":{"from":"22:00","to":"07:00"},"frequencyCap":{"max":3,"per":"P7D"},"tag":"{{{body.GetProperty("tag").GetString()}}}"}""",
            body.GetRawText()
        );
    }

    [Fact]
    public async Task The_tag_guards_against_the_change_of_another()
    {
        var path = $"/api/v1/recipients/{Some.Id()}";
        var seen = (await host.Http.GetAsync(path, Token)).Headers.ETag!.ToString();
        async Task<HttpResponseMessage> Send(HttpMethod method, string header, string tag)
        {
            using var request = new HttpRequestMessage(method, path);
            request.Headers.TryAddWithoutValidation(header, tag);
            request.Content = method == HttpMethod.Put ? JsonContent.Create(new { locale = "de", ifMatch = 5 }) : null;
            return await host.Http.SendAsync(request, Token);
        }

        var unchanged = await Send(HttpMethod.Get, "If-None-Match", seen);
        var first = await Send(HttpMethod.Put, "If-Match", $"\"other\", {seen}");
        var late = await Send(HttpMethod.Put, "If-Match", seen);
        var unreadable = await Send(HttpMethod.Put, "If-Match", "no tag");
        var weak = await Send(HttpMethod.Put, "If-Match", $"W/{first.Headers.ETag}");
        var any = await Send(HttpMethod.Put, "If-Match", "*");
        var changed = await Send(HttpMethod.Get, "If-None-Match", seen);

        Assert.Equal(
            (HttpStatusCode.NotModified, "", seen),
            (unchanged.StatusCode, await unchanged.Content.ReadAsStringAsync(Token), $"{unchanged.Headers.ETag}")
        );
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.All(
            [late, unreadable, weak],
            answer =>
            {
                Assert.Equal(HttpStatusCode.PreconditionFailed, answer.StatusCode);
                Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
                Assert.Equal(first.Headers.ETag, answer.Headers.ETag);
            }
        );
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (any.StatusCode, changed.StatusCode));
        Assert.Equal(first.Headers.ETag, changed.Headers.ETag);
    }

    [Theory]
    [InlineData("""{"timeZone":"Mars/Olympus"}""", "timeZone")]
    [InlineData("""{"timeZone":"UTC+03:00"}""", "timeZone")]
    [InlineData("""{"timeZone":"Pacific Standard Time"}""", "timeZone")]
    [InlineData("""{"locale":"xx-YY"}""", "locale")]
    [InlineData("""{"locale":""}""", "locale")]
    [InlineData("""{"locale":"de_DE"}""", "locale")]
    [InlineData("""{"addresses":{"E-Mail":"a@example.org"}}""", "addresses")]
    [InlineData("""{"addresses":{"email":null}}""", "addresses.email")]
    [InlineData("""{"addresses":{"email":""}}""", "addresses.email")]
    [InlineData("""{"addresses":{"email":"anna","sms":"+49 30 1"}}""", "addresses.email")]
    [InlineData("""{"addresses":{"email":"anna@"}}""", "addresses.email")]
    [InlineData("""{"optOut":["everything"]}""", "optOut[0]")]
    [InlineData("""{"optOut":["all",null]}""", "optOut[1]")]
    [InlineData("""{"optOut":"all"}""", "optOut")]
    [InlineData("""{"quietHours":{"from":"22:00"}}""", "quietHours.to")]
    [InlineData("""{"quietHours":{"from":"24:00","to":"07:00"}}""", "quietHours.from")]
    [InlineData("""{"quietHours":{"from":"07:00","to":"07:00"}}""", "quietHours.to")]
    [InlineData("""{"frequencyCap":{"max":0,"per":"P1D"}}""", "frequencyCap.max")]
    [InlineData("""{"frequencyCap":{"max":1}}""", "frequencyCap.per")]
    [InlineData("""{"frequencyCap":{"max":1,"per":"PT1S"}}""", "frequencyCap.per")]
    public async Task Bad_input_names_the_field_and_changes_nothing(string body, string field)
    {
        var user = Some.Id();
        await Put(user, """{"optOut":["custom"]}""");

        var (status, problem) = await Put(user, body);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal([field], problem.GetProperty("errors").EnumerateObject().Select(error => error.Name));
        var kept = await host.Http.GetFromJsonAsync<JsonElement>($"/api/v1/recipients/{user}", Token);
        Assert.Equal("custom", kept.GetProperty("optOut")[0].GetString());
    }

    [Fact]
    public async Task What_was_not_scheduled_says_why()
    {
        var user = Some.Id();
        await Put(user, """{"optOut":["all"]}""");
        var asked = await host.Http.PostAsJsonAsync(
            "/api/v1/follow-ups",
            new { trigger = "emotion_based", userId = user },
            Token
        );

        var page = await host.Http.GetFromJsonAsync<JsonElement>($"/api/v1/recipients/{user}/refusals", Token);

        Assert.Equal(HttpStatusCode.OK, asked.StatusCode);
        var refusal = page.GetProperty("items")[0];
        Assert.Equal(
            ("suppressed", "opted_out", "emotion_based", 1, JsonValueKind.Null),
            (
                refusal.GetProperty("outcome").GetString(),
                refusal.GetProperty("reason").GetString(),
                refusal.GetProperty("trigger").GetString(),
                refusal.GetProperty("times").GetInt32(),
                refusal.GetProperty("followUpId").ValueKind
            )
        );
        Assert.Equal(JsonValueKind.Null, page.GetProperty("nextCursor").ValueKind);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=201", "limit")]
    [InlineData("cursor=nonsense", "cursor")]
    public async Task Bad_page_of_refusals_names_the_parameter(string query, string field)
    {
        var answer = await host.Http.GetAsync($"/api/v1/recipients/{Some.Id()}/refusals?{query}", Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal([field], problem.GetProperty("errors").EnumerateObject().Select(error => error.Name));
    }
}
