using System.Net;
using System.Text;
using System.Text.Json;
using Npgsql;
using Testing;

namespace Host.Tests.Api;

// Whatever comes in place of what is asked for: a problem that names the field, and no row anywhere.
public sealed class BadInputTests(BadInputTests.Fixture host) : IClassFixture<BadInputTests.Fixture>
{
    private const string Id = "0199aaaa-0000-7000-8000-000000000000";
    private const string When = "2031-11-05T18:00:00Z";
    private static readonly string TooLong = new('x', 256);
    private static readonly string TooDeep = $"{new string('[', 32)}{new string(']', 32)}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // A valid message, follow-up or confirmation, with something put in its place or beside it.
    private static string Message(string rest, string head = """ "role":"user","content":"x" """) => Joined(head, rest);

    private static string FollowUp(
        string rest,
        string head = $$""" "trigger":"custom","userId":"u","scheduledAt":"{{When}}","message":"m" """
    ) => Joined(head, rest);

    private static string Confirmation(
        string rest,
        string head = $$""" "userId":"u","conversationId":"c","eventAt":"{{When}}" """
    ) => Joined(head, rest);

    private static string Joined(string head, string rest) =>
        $"{{{head}{(head.Length > 0 && rest.Length > 0 ? "," : "")}{rest}}}";

    public static TheoryData<string, string, string, string> Cases()
    {
        var cases = new TheoryData<string, string, string, string>();

        // Bodies that are none.
        foreach (
            var path in (string[])
                [
                    "POST conversations/c/messages",
                    "POST messages/batch",
                    "POST follow-ups",
                    "POST follow-ups/batch",
                    "POST bookings/b/confirmed",
                    "POST bookings/b/rescheduled",
                    "PUT recipients/u",
                    "PATCH conversations/c",
                    $"PUT conversations/c/messages/{Id}/emotion",
                    $"POST follow-ups/{Id}/reschedule",
                ]
        )
        {
            foreach (var body in (string[])["", "null", "[]", "7", "\"text\"", "{", "}", "{\"a\"", "{]", "\u0000"])
            {
                Add(path, body, "body");
            }
        }

        // Messages.
        void Single(string body, string field) => Add("POST conversations/c/messages", body, field);
        Single("{}", "role content");
        Single(Message("", """ "content":"x" """), "role");
        Single(Message("", """ "role":"usr","content":"x" """), "role");
        Single(Message("", """ "role":0,"content":"x" """), "role");
        Single(Message("", """ "role":"User","content":"x" """), "role");
        Single(Message("", """ "role":"user, tool","content":"x" """), "role");
        Single(Message(""" "sentAt":"2031-11-05T18:00Z" """), "sentAt");
        Single(Message(""" "sentAt":"2031-11-05 18:00:00Z" """), "sentAt");
        Single(Message($""" "userId":"{string.Concat(Enumerable.Repeat("😀", 256))}" """), "userId");
        Single(Message("", """ "role":null,"content":"x" """), "role");
        Single(Message("", """ "role":"user" """), "content");
        Single(Message("", """ "role":"user","content":"" """), "content");
        Single(Message("", """ "role":"user","content":null """), "content");
        Single(Message("", """ "role":"user","content":7 """), "content");
        Single(Message("", """ "role":"user","content":{"a":1} """), "content");
        Single(Message("", """ "role":"user","content":"a\u0000b" """), "content");
        Single(Message("", """ "role":"user","content":"\ud800" """), "content");
        Single(Message("", """ "role":"user","content":"\udc00\ud800" """), "content");
        Single(Message(""" "content":"y" """), "content");
        Single(Message(""" "id":"x" """), "id");
        Single(Message(""" "id":7 """), "id");
        Single(Message(""" "userId":"" """), "userId");
        Single(Message($""" "userId":"{TooLong}" """), "userId");
        Single(Message(""" "userId":7 """), "userId");
        Single(Message(""" "userId":"\u0000" """), "userId");
        Single(Message(""" "userId":"\ud800" """), "userId");
        Single(Message(""" "channel":"Email" """), "channel");
        Single(Message(""" "channel":"" """), "channel");
        Single(Message(""" "channel":"abcdefghijklmnopqrstu" """), "channel");
        foreach (
            var date in (string[])
                [
                    "\"2031-11-05T18:00:00\"",
                    "\"2031-11-05\"",
                    "\"2031-13-45T00:00:00Z\"",
                    "\"tomorrow\"",
                    "\"\"",
                    "1700000000",
                    "\"0001-01-01T00:00:00Z\"",
                    "\"9999-12-31T23:59:59Z\"",
                ]
        )
        {
            Single(Message($""" "sentAt":{date} """), "sentAt");
            Add(
                "POST follow-ups",
                FollowUp("", $""" "trigger":"custom","userId":"u","scheduledAt":{date} """),
                "scheduledAt"
            );
            Add(
                "POST follow-ups",
                FollowUp("", $""" "trigger":"post_event","userId":"u","eventAt":{date} """),
                "eventAt"
            );
            Add(
                "POST bookings/b/confirmed",
                Confirmation("", $""" "userId":"u","conversationId":"c","eventAt":{date} """),
                "eventAt"
            );
            Add("POST bookings/b/rescheduled", $$"""{"eventAt":{{date}}}""", "eventAt");
            Add("POST bookings/b/cancelled", $$"""{"occurredAt":{{date}}}""", "occurredAt");
            Add("POST bookings/b/completed", $$"""{"occurredAt":{{date}}}""", "occurredAt");
            Add("POST bookings/b/no-show", $$"""{"occurredAt":{{date}}}""", "occurredAt");
            Add($"POST follow-ups/{Id}/reschedule", $$"""{"scheduledAt":{{date}}}""", "scheduledAt");
        }

        foreach (
            var score in (string[])["1.01", "-0.01", "1e400", "NaN", "Infinity", "\"NaN\"", "\"0.5\"", "true", "[]"]
        )
        {
            Single(Message($$""" "emotion":{"score":{{score}} } """), "emotion.score");
            Add($"PUT conversations/c/messages/{Id}/emotion", $$"""{"score":{{score}} }""", "score");
        }

        Add($"PUT conversations/c/messages/{Id}/emotion", "{}", "score");
        Add($"PUT conversations/c/messages/{Id}/emotion", """{"score":0.5,"label":""}""", "label");
        Single(Message(""" "emotion":[] """), "emotion");
        Single(Message(""" "emotion":{"score":0.5,"label":""} """), "emotion.label");
        Single(Message(""" "emotion":{"score":0.5,"label":"abcdefghijklmnopqrstuvwxyzabcdefg"} """), "emotion.label");
        Single(Message(""" "emotion":{"score":0.5,"detected":["joy",null]} """), "emotion.detected[1]");
        Single(Message(""" "usage":{"inputTokens":-1} """), "usage.inputTokens");
        Single(Message(""" "usage":{"outputTokens":1.5} """), "usage.outputTokens");
        Single(Message(""" "metadata":[] """), "metadata");
        foreach (var value in (string[])["\"\\u0000\"", "\"\\ud800\"", "[{\"a\":\"\\udc00\"}]", "1e999", TooDeep])
        {
            Single(Message($$""" "metadata":{"a":{{value}} } """), "metadata");
            Single(Message($$""" "toolCalls":[{{value}}] """), "toolCalls");
            Single(Message($$""" "toolResults":[{{value}}] """), "toolResults");
            Add("PATCH conversations/c", $$"""{"context":{"a":{{value}} } }""", "context");
            Add("POST follow-ups", FollowUp($$""" "variables":{"a":{{value}} } """), "variables");
        }

        Add($"POST conversations/{TooLong}/messages", Message(""), "conversationId");
        Add("POST conversations/%ED%A0%80/messages", Message(""), "path");
        Add("POST conversations/%ff/messages", Message(""), "path");
        Add("POST messages/batch", "{}", "messages");
        Add("POST messages/batch", """{"messages":[]}""", "messages");
        Add("POST messages/batch", """{"messages":{}}""", "messages");
        Add("POST messages/batch", """{"messages":[null]}""", "messages[0]");
        foreach (var id in (string[])["\"\"", "null", $"\"{TooLong}\"", "\"\\u0000\""])
        {
            Add(
                "POST messages/batch",
                $$"""{"messages":[{{Message(""" "conversationId":"c" """)}},{{Message($""" "conversationId":{id} """)}}]}""",
                "messages[1].conversationId"
            );
        }

        // Follow-ups.
        void One(string body, string field) => Add("POST follow-ups", body, field);
        One("{}", "trigger userId");
        One(FollowUp("", $""" "userId":"u","scheduledAt":"{When}" """), "trigger");
        foreach (var trigger in (string[])["\"later\"", "0", "null", "\"\"", "{}"])
        {
            One(FollowUp("", $""" "trigger":{trigger},"userId":"u","scheduledAt":"{When}" """), "trigger");
        }

        One(FollowUp("", """ "trigger":"custom","userId":"u" """), "scheduledAt");
        One(FollowUp("", """ "trigger":"post_event","userId":"u" """), "eventAt");
        One(FollowUp("", """ "trigger":"reengagement","userId":"u" """), "lastActivityAt");
        foreach (var user in (string[])["\"\"", "null", "7", $"\"{TooLong}\"", "\"\\u0000\"", "\"\\ud800\""])
        {
            One(FollowUp("", $""" "trigger":"custom","userId":{user},"scheduledAt":"{When}" """), "userId");
            Add(
                "POST bookings/b/confirmed",
                Confirmation("", $""" "userId":{user},"conversationId":"c","eventAt":"{When}" """),
                "userId"
            );
            Add(
                "POST bookings/b/confirmed",
                Confirmation("", $""" "userId":"u","conversationId":{user},"eventAt":"{When}" """),
                "conversationId"
            );
        }

        foreach (var name in (string[])["conversationId", "bookingId", "dedupeKey"])
        {
            One(FollowUp($""" "{name}":"" """), name);
            One(FollowUp($""" "{name}":"{TooLong}" """), name);
            One(FollowUp($""" "{name}":"\ud800" """), name);
        }

        foreach (
            var delay in (string[])["\"P1M\"", "\"-PT1H\"", "60", "\"24:00\"", "\"P9999999999D\"", "\"P367D\"", "\"\""]
        )
        {
            One(FollowUp($""" "delay":{delay} """), "delay");
        }

        One(FollowUp(""" "templateId":"nope" """), "templateId");
        One(FollowUp(""" "templateId":"" """), "templateId");
        One(FollowUp(""" "variables":[] """), "variables");
        One(FollowUp(""" "variables":"text" """), "variables");
        One(FollowUp(""" "notAfter":"2031" """), "notAfter");
        One(FollowUp(""" "notAfter":"2030-01-01T00:00:00Z" """), "notAfter");
        One(FollowUp(""" "userId":"v" """), "userId");
        One(FollowUp("", $""" "trigger":"custom","userId":"u","scheduledAt":"{When}","message":"" """), "message");
        One(
            FollowUp("", $""" "trigger":"custom","userId":"u","scheduledAt":"{When}","message":"\u0000" """),
            "message"
        );
        Add("POST follow-ups/batch", "{}", "followUps");
        Add("POST follow-ups/batch", """{"followUps":[]}""", "followUps");
        Add("POST follow-ups/batch", """{"followUps":7}""", "followUps");
        Add("POST follow-ups/batch", """{"followUps":[null]}""", "followUps[0]");
        Add(
            "POST follow-ups/batch",
            $$"""{"followUps":[{{FollowUp("")}},{"trigger":"emotion_based"}]}""",
            "followUps[1].userId"
        );
        Add($"POST follow-ups/{Id}/cancel", $$"""{"reason":"{{TooLong}}"}""", "reason");
        Add($"POST follow-ups/{Id}/cancel", """{"reason":""}""", "reason");
        Add($"POST follow-ups/{Id}/cancel", """{"reason":"\u0000"}""", "reason");
        Add($"POST follow-ups/{Id}/cancel", """{"reason":7}""", "reason");
        Add("POST follow-ups/retry", """{"trigger":"later"}""", "trigger");
        Add("POST follow-ups/retry", """{"from":"2031-11-05T18:00:00"}""", "from");
        Add("POST dispatch/pause", """{"trigger":"later"}""", "trigger");

        // Bookings, customers, lists.
        Add($"POST bookings/{TooLong}/confirmed", Confirmation(""), "bookingId");
        Add("POST bookings/b/confirmed", Confirmation(""" "message":"" """), "message");
        Add("POST bookings/b/confirmed", Confirmation(""" "message":"\udfff" """), "message");
        foreach (var report in (string[])["cancelled", "completed", "no-show"])
        {
            Add($"POST bookings/{TooLong}/{report}", "{}", "bookingId");
        }

        Add($"PUT recipients/{TooLong}", "{}", "userId");
        Add("PUT recipients/u", """{"timeZone":7}""", "timeZone");
        Add("PUT recipients/u", """{"addresses":{"email":"\ud800"}}""", "addresses.email");
        Add($"DELETE users/{TooLong}", "", "userId");
        Add("GET follow-ups?userId=%00", "", "userId");
        Add("GET outbox?userId=%00", "", "userId");
        Add("GET conversations?userId=%00", "", "userId");
        Add("GET follow-ups?limit=0", "", "limit");
        Add("GET follow-ups?limit=x", "", "limit");
        Add("GET follow-ups?status=sent", "", "status");
        Add("GET follow-ups?from=2031-11-05", "", "from");
        Add("GET follow-ups?cursor=x", "", "cursor");
        Add("GET outbox?limit=201", "", "limit");
        Add("GET conversations/c/messages?order=up", "", "order");
        return cases;

        void Add(string call, string body, string field) =>
            cases.Add(call.Split(' ')[0], call.Split(' ')[1], body, field);
    }

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Cases))]
    public async Task A_problem_names_the_field_and_no_row_is_left(
        string method,
        string path,
        string body,
        string field
    )
    {
        var before = await RowsAsync();

        var (status, problem) = await SendAsync(method, path, body);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(field.Split(' '), problem.GetProperty("errors").EnumerateObject().Select(error => error.Name));
        Assert.Equal(before, await RowsAsync());
    }

    [Theory]
    [InlineData("conversations/c/messages")]
    [InlineData("follow-ups")]
    public async Task Body_of_two_megabytes_is_refused_for_the_field_that_is_too_long(string path)
    {
        var before = await RowsAsync();
        var text = new string('x', 2_000_000);
        var (body, field) =
            path == "follow-ups"
                ? (
                    FollowUp("", $""" "trigger":"custom","userId":"u","scheduledAt":"{When}","message":"{text}" """),
                    "message"
                )
                : (Message("", $""" "role":"user","content":"{text}" """), "content");

        var (status, problem) = await SendAsync("POST", path, body);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal([field], problem.GetProperty("errors").EnumerateObject().Select(error => error.Name));
        Assert.Equal(before, await RowsAsync());
    }

    [Fact]
    public async Task Letters_that_are_no_utf8_are_refused()
    {
        var before = await RowsAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/conversations/c/messages");
        request.Content = new ByteArrayContent([.. """{"role":"user","content":" """u8, 0xed, 0xa0, 0x80, .. "\"}"u8]);
        request.Content.Headers.ContentType = new("application/json");

        using var answer = await host.Http.SendAsync(request, Token);
        var problem = JsonElement.Parse(await answer.Content.ReadAsStringAsync(Token));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.True(problem.GetProperty("errors").TryGetProperty("content", out _));
        Assert.Equal(before, await RowsAsync());
    }

    // The server that listens refuses it, before anything of ours sees it: there is no problem document.
    [Theory]
    [InlineData("PUT", "recipients/a%00b")]
    [InlineData("POST", "conversations/%00/messages")]
    public async Task Nul_in_a_path_is_400_and_reaches_nothing(string method, string path)
    {
        var before = await RowsAsync();
        using var request = new HttpRequestMessage(
            new HttpMethod(method),
            new Uri(
                $"{host.Http.BaseAddress}api/v1/{path}",
                new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
            )
        );
        request.Content = new StringContent(Message(""), Encoding.UTF8, "application/json");

        using var answer = await host.Http.SendAsync(request, Token);

        Assert.Equal(
            (HttpStatusCode.BadRequest, ""),
            (answer.StatusCode, await answer.Content.ReadAsStringAsync(Token))
        );
        Assert.Equal(before, await RowsAsync());
    }

    [Theory]
    [InlineData("conversations/c/messages")]
    [InlineData("follow-ups")]
    public async Task Body_that_is_not_called_json_is_415(string path)
    {
        using var content = new StringContent("{}", Encoding.UTF8, "text/plain");

        using var answer = await host.Http.PostAsync($"/api/v1/{path}", content, Token);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("0199aaaa00007000800000000000000f")]
    [InlineData("{0199aaaa-0000-7000-8000-000000000000}")]
    [InlineData("x")]
    public async Task Path_id_that_is_no_uuid_is_404(string id)
    {
        var (status, problem) = await SendAsync("POST", $"follow-ups/{Uri.EscapeDataString(id)}/cancel", "{}");

        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Equal("about:blank", problem.GetProperty("type").GetString());
    }

    [Fact]
    public async Task Length_is_counted_in_characters_and_not_in_halves_of_them()
    {
        var id = string.Concat(Enumerable.Repeat("😀", 223)) + Some.Id();

        var (status, body) = await SendAsync(
            "POST",
            $"conversations/{Uri.EscapeDataString(id)}/messages",
            Message($""" "userId":"{id}" """)
        );

        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal(id, body.GetProperty("message").GetProperty("userId").GetString());
    }

    [Fact]
    public async Task Charset_that_nobody_knows_is_415()
    {
        using var content = new StringContent("{}");
        content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(
            "application/json; charset=klingon"
        );

        using var answer = await host.Http.PostAsync("/api/v1/follow-ups", content, Token);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
    }

    [Fact]
    public async Task Unknown_fields_are_ignored()
    {
        var (status, _) = await SendAsync(
            "POST",
            $"conversations/{Some.Id()}/messages",
            Message(""" "surprise":{"deep":[1]},"emotion":{"score":0.5,"mood":"good"} """)
        );

        Assert.Equal(HttpStatusCode.Created, status);
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(string method, string path, string body)
    {
        using var request = new HttpRequestMessage(
            new HttpMethod(method),
            new Uri(
                $"{host.Http.BaseAddress}api/v1/{path}",
                new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
            )
        );
        if (method is not ("GET" or "DELETE"))
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var answer = await host.Http.SendAsync(request, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        Assert.True(text.Length > 0, $"{answer.StatusCode} without a body");
        return (answer.StatusCode, JsonElement.Parse(text));
    }

    private Task<string> RowsAsync() => host.RowsAsync(Token);

    // Counts every table, over one connection.
    public sealed class Fixture : HostFixture
    {
        private NpgsqlDataSource? database;
        private string? counting;

        public async Task<string> RowsAsync(CancellationToken cancellationToken)
        {
            database ??= NpgsqlDataSource.Create(ConnectionString);
            counting ??= await ScalarAsync(
                """
                SELECT string_agg(format('SELECT %L AS t, count(*) AS n FROM %I.%I', table_name, table_schema, table_name), ' UNION ALL ')
                FROM information_schema.tables
                WHERE table_schema IN ('conversations', 'followups')
                """,
                cancellationToken
            );
            return await ScalarAsync(
                $"SELECT string_agg(t || n, ' ' ORDER BY t) FROM ({counting}) c",
                cancellationToken
            );
        }

        private async Task<string> ScalarAsync(string sql, CancellationToken cancellationToken)
        {
            await using var command = database!.CreateCommand(sql);
            return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
        }

        public override async ValueTask DisposeAsync()
        {
            GC.SuppressFinalize(this);
            if (database is not null)
            {
                await database.DisposeAsync();
            }

            await base.DisposeAsync();
        }
    }
}
