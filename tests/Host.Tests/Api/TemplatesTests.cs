using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Testing;

namespace Host.Tests.Api;

public sealed class TemplatesTests(HostFixture host) : IClassFixture<HostFixture>
{
    private const string Templates = "/api/v1/templates";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<HttpResponseMessage> Send(
        HttpMethod method,
        string path,
        string? body = null,
        string? ifMatch = null,
        string? ifNoneMatch = null
    )
    {
        using var request = new HttpRequestMessage(method, Templates + path)
        {
            Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
        };
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        if (ifNoneMatch is not null)
        {
            request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Parse(ifNoneMatch));
        }

        return await host.Http.SendAsync(request, Token);
    }

    private static Task<JsonElement> Json(HttpResponseMessage answer) =>
        answer.Content.ReadFromJsonAsync<JsonElement>(Token);

    [Fact]
    public async Task The_list_tells_what_every_template_may_use()
    {
        var list = await host.Http.GetFromJsonAsync<JsonElement>(Templates, Token);

        Assert.Equal(JsonValueKind.Null, list.GetProperty("nextCursor").ValueKind);
        var item = list.GetProperty("items")
            .EnumerateArray()
            .First(i => i.GetProperty("id").GetString() == "post_event_low_emotion");
        Assert.Equal("built_in", item.GetProperty("source").GetString());
        Assert.Equal("post_event", item.GetProperty("trigger").GetString());
        Assert.Equal("low", item.GetProperty("mood").GetString());
        Assert.Contains(
            "event_date",
            list.GetProperty("variables").EnumerateArray().Select(variable => variable.GetProperty("name").GetString())
        );
    }

    [Fact]
    public async Task A_text_is_put_read_previewed_and_deleted_for_its_locale_and_channel()
    {
        const string Path = "/reengagement_general?locale=pl&channel=sms";

        var put = await Send(
            HttpMethod.Put,
            Path,
            """{"body":"Hej {{ user_id }}, {{ dish }}?","variables":["dish"]}"""
        );
        var read = await Json(await Send(HttpMethod.Get, "/reengagement_general?locale=pl-PL&channel=sms"));
        var preview = await Json(
            await Send(
                HttpMethod.Post,
                "/reengagement_general/preview?locale=pl&channel=sms",
                """{"variables":{"dish":"barszcz"}}"""
            )
        );
        var deleted = await Json(await Send(HttpMethod.Delete, Path));

        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal((await Json(put)).GetRawText(), read.GetRawText());
        Assert.Equal("Hej anna, barszcz?", preview.GetProperty("body").GetString());
        Assert.Equal("built_in", deleted.GetProperty("source").GetString());
    }

    [Fact]
    public async Task The_tag_guards_against_the_change_of_another()
    {
        const string Path = "/custom?locale=cs";
        var seen = await Send(HttpMethod.Get, Path);
        var tag = seen.Headers.ETag!.ToString();

        var unchanged = await Send(HttpMethod.Get, Path, ifNoneMatch: tag);
        var first = await Send(HttpMethod.Put, Path, """{"body":"Jedna"}""", ifMatch: tag);
        var late = await Send(HttpMethod.Put, Path, """{"body":"Dva"}""", ifMatch: tag);
        var lateDelete = await Send(HttpMethod.Delete, Path, ifMatch: tag);
        var unreadable = await Send(HttpMethod.Put, Path, """{"body":"Dva"}""", ifMatch: "no tag");
        var weak = await Send(HttpMethod.Put, Path, """{"body":"Dva"}""", ifMatch: $"W/{first.Headers.ETag}");
        var any = await Send(HttpMethod.Put, Path, """{"body":"Tři"}""", ifMatch: "*");

        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.All(
            [late, lateDelete, unreadable, weak],
            answer => Assert.Equal(HttpStatusCode.PreconditionFailed, answer.StatusCode)
        );
        Assert.Equal(first.Headers.ETag, late.Headers.ETag);
        Assert.Equal("application/problem+json", late.Content.Headers.ContentType!.MediaType);
        Assert.Equal(HttpStatusCode.OK, any.StatusCode);
    }

    [Theory]
    [InlineData("PUT", "/custom", """{"body":"a\n{{ dish }}"}""", "body", "Line 2, column 4")]
    [InlineData("PUT", "/custom", """{"subject":"{% if %}","body":"a"}""", "subject", "Line 1, column")]
    [InlineData("PUT", "/custom", """{"subject":"a"}""", "body", "empty")]
    [InlineData("PUT", "/custom", """{"body":"a","variables":["a b"]}""", "variables[0]", "name")]
    [InlineData("PUT", "/custom", """{"body":5}""", "body", "type")]
    [InlineData("PUT", "/custom?locale=de_DE", """{"body":"a"}""", "locale", "BCP 47")]
    [InlineData("GET", "/custom?channel=E-Mail", null, "channel", "slug")]
    [InlineData("DELETE", "/custom?locale=nowhere", null, "locale", "BCP 47")]
    [InlineData("POST", "/custom/preview", """{"mood":"angry"}""", "mood", "allowed")]
    [InlineData("POST", "/custom/preview", """{"userId":""}""", "userId", "empty")]
    [InlineData("POST", "/custom/preview", """{"variables":[]}""", "variables", "object")]
    public async Task Bad_input_names_the_field(string method, string path, string? body, string field, string reason)
    {
        var answer = await Send(HttpMethod.Parse(method), path, body);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var errors = (await Json(answer)).GetProperty("errors");
        Assert.Equal([field], errors.EnumerateObject().Select(error => error.Name));
        Assert.Contains(reason, errors.GetProperty(field)[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_that_was_replaced_can_be_read()
    {
        await Send(HttpMethod.Put, "/emotion_check_in?channel=pager", """{"body":"One"}""");
        await Send(HttpMethod.Put, "/emotion_check_in?channel=pager", """{"body":"Two"}""");

        var list = await Json(await Send(HttpMethod.Get, "/emotion_check_in/versions?channel=pager&limit=1"));
        var rest = await Json(
            await Send(
                HttpMethod.Get,
                $"/emotion_check_in/versions?channel=pager&cursor={list.GetProperty("nextCursor").GetString()}"
            )
        );
        var first = await Json(await Send(HttpMethod.Get, "/emotion_check_in/versions/1?channel=pager"));
        var none = await Send(HttpMethod.Get, "/emotion_check_in/versions/3?channel=pager");

        Assert.Equal("Two", list.GetProperty("items")[0].GetProperty("body").GetString());
        Assert.Equal(rest.GetProperty("items")[0].GetRawText(), first.GetRawText());
        Assert.Equal("One", first.GetProperty("body").GetString());
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/birthday/versions")]
    [InlineData("GET", "/birthday/versions/1")]
    [InlineData("GET", "/birthday")]
    [InlineData("PUT", "/birthday")]
    [InlineData("DELETE", "/birthday")]
    [InlineData("POST", "/birthday/preview")]
    public async Task An_unknown_template_is_not_found(string method, string path)
    {
        var answer = await Send(HttpMethod.Parse(method), path, """{"body":"a"}""");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }
}
