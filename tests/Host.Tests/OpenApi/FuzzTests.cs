using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Conversations.Contracts;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Testing;

namespace Host.Tests.OpenApi;

// 5 000 requests made from the document, for every call: what it allows, what lies just beyond, and what is nothing at all. They are the same in
// every run, so that a change is judged by them and not by chance; FUZZ_SEED makes others. Each lane is a Host with a database of its own, so that
// what a request changed can be seen.
public sealed class FuzzTests(FuzzTests.Lane first, FuzzTests.SecondLane second)
    : IClassFixture<FuzzTests.Lane>,
        IClassFixture<FuzzTests.SecondLane>
{
    private const int RequestsPerLane = 2_500;

    private static readonly int Seed = int.Parse(
        Environment.GetEnvironmentVariable("FUZZ_SEED") ?? "20261125",
        CultureInfo.InvariantCulture
    );

    // What the document says in words only: what one field asks of another, what a list of the world holds, sizes in bytes.
    private static readonly string[] InWords =
    [
        .. "conversationId content id metadata toolCalls toolResults context variables".Split(' '),
        .. "eventAt lastActivityAt notAfter scheduledAt localTime delay timeZone templateId to".Split(' '),
        .. "locale addresses quietHours.to frequencyCap.per body subject cursor".Split(' '),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Document_and_service_agree_on_every_request()
    {
        var document = JsonElement.Parse(await first.Http.GetStringAsync("/openapi/v1.json", Token));
        var requests = new DocumentRequests(document);
        var calls = new ConcurrentDictionary<string, int>();

        await Task.WhenAll(
            new[] { first, second }.Select(
                (lane, number) =>
                    Task.Run(
                        async () =>
                        {
                            var random = new Random(Seed + number);
                            for (var i = 0; i < RequestsPerLane; i++)
                            {
                                var request = requests.Make(random, lane.Seen, lane.Tags);
                                calls.AddOrUpdate(request.Call, 1, (_, n) => n + 1);
                                await JudgeAsync(requests, request, lane);
                            }
                        },
                        Token
                    )
            )
        );

        Assert.Equal(requests.Calls.Order(), calls.Keys.Order());
    }

    private static async Task JudgeAsync(DocumentRequests requests, FuzzedRequest request, Lane lane)
    {
        var before = await lane.RowsAsync(Token);
        using var message = request.Message(lane.Http.BaseAddress!);
        using var answer = await lane.Http.SendAsync(message, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        var after = await lane.RowsAsync(Token);
        var status = (int)answer.StatusCode;
        var story = $"{request}\n{status} {text}";

        Assert.True(status < 500, story);
        Assert.True(requests.Answer(request, status, out var schema, out var headers), $"not declared: {story}");
        Assert.All(headers, header => Assert.True(answer.Headers.Contains(header), $"without {header}: {story}"));
        Assert.True(
            before == after || !answer.Headers.Contains("Idempotency-Replayed"),
            $"a repetition changed rows: {story}"
        );
        lane.Saw(answer.Headers.ETag);
        if (schema.ValueKind == JsonValueKind.Undefined)
        {
            Assert.True(text.Length == 0 && before == after, story);
            return;
        }

        var body = JsonElement.Parse(text);
        Assert.True(
            answer.Content.Headers.ContentType?.MediaType
                == (status < 300 ? "application/json" : "application/problem+json"),
            story
        );
        Assert.True(
            string.Join(' ', requests.Checker.Wrong(body, schema, closed: status < 300)) is { Length: 0 },
            $"answer not as declared at '{string.Join(' ', requests.Checker.Wrong(body, schema, closed: status < 300))}': {story}"
        );
        Assert.True(status < 300 || body.GetProperty("status").GetInt32() == status, story);
        Assert.True(
            before == after || (status < 300 && !request.Call.StartsWith("GET", StringComparison.Ordinal)),
            $"changed rows: {story}"
        );
        Assert.True(
            request.Wrong.Count == 0 || status >= 400,
            $"'{string.Join(' ', request.Wrong)}' was taken: {story}"
        );
        if (status == (int)HttpStatusCode.OK && request.Call.EndsWith("/batch", StringComparison.Ordinal))
        {
            Assert.True(IsWhole(JsonElement.Parse(request.Body!), body), $"not whole, or out of order: {story}");
        }

        if (status == (int)HttpStatusCode.BadRequest)
        {
            var named = body.GetProperty("errors").EnumerateObject().Select(error => error.Name).ToList();
            Assert.True(named.Count > 0, story);
            Assert.All(
                named,
                field =>
                    Assert.True(
                        request.Wrong.Any(w => IsWithin(w, field)) || InWords.Contains(Last(field)),
                        $"'{field}' is valid by the document: {story}"
                    )
            );
        }

        lane.Saw(body);
    }

    // Every message is counted; every follow-up has its answer, in the order of the request.
    private static bool IsWhole(JsonElement asked, JsonElement answered) =>
        asked.TryGetProperty("messages", out var messages)
            ? messages.GetArrayLength()
                == answered.GetProperty("stored").GetInt32() + answered.GetProperty("duplicates").GetInt32()
            : asked
                .GetProperty("followUps")
                .EnumerateArray()
                .Select(one => (User(one), Trigger(one)))
                .SequenceEqual(
                    answered
                        .GetProperty("items")
                        .EnumerateArray()
                        .Select(
                            (one, i) =>
                                one.GetProperty("followUp") is { ValueKind: JsonValueKind.Object } followUp
                                    ? (User(followUp), Trigger(followUp))
                                    : (
                                        User(asked.GetProperty("followUps")[i]),
                                        Trigger(asked.GetProperty("followUps")[i])
                                    )
                        )
                );

    private static string User(JsonElement followUp) => followUp.GetProperty("userId").GetString()!;

    private static string Trigger(JsonElement followUp) => followUp.GetProperty("trigger").GetString()!;

    // The serializer may name what holds the field, or stop within it.
    private static bool IsWithin(string wrong, string field) =>
        wrong == "body"
        || wrong.StartsWith(field, StringComparison.Ordinal)
        || field.StartsWith(wrong, StringComparison.Ordinal);

    private static string Last(string field) =>
        Regex.Replace(field, @"^(messages|followUps)\[\d+\]\.|\[\d+\]$|(?<=^addresses).*", "");

    // Nothing is sent meanwhile: what changes a row is a request.
    public class Lane : ObedientHostFixture
    {
        private readonly Lazy<NpgsqlDataSource> database;
        private string? fingerprint;

        public Lane() => database = new(() => NpgsqlDataSource.Create(ConnectionString));

        public ConcurrentQueue<string> Seen { get; } = new();

        public ConcurrentQueue<string> Tags { get; } = new();

        // Check-ins are scheduled beside the request that dropped the mood, which does not wait for them.
        protected override void Customise(WebApplicationBuilder builder) =>
            builder.Host.ConfigureContainer<IServiceCollection>(services =>
                services.RemoveAll<INotificationHandler<MoodDropped>>()
            );

        public void Saw(EntityTagHeaderValue? tag)
        {
            if (tag is not null)
            {
                Tags.Enqueue(tag.ToString());
                if (Tags.Count > 3)
                {
                    Tags.TryDequeue(out _);
                }
            }
        }

        public void Saw(JsonElement body)
        {
            if (body.ValueKind == JsonValueKind.Object)
            {
                foreach (var member in body.EnumerateObject())
                {
                    if (member.Name is "id" or "nextCursor" && member.Value.ValueKind == JsonValueKind.String)
                    {
                        Seen.Enqueue(member.Value.GetString()!);
                        if (Seen.Count > 12)
                        {
                            Seen.TryDequeue(out _);
                        }
                    }
                    else
                    {
                        Saw(member.Value);
                    }
                }
            }
        }

        // Counts and contents of every table of both modules, but for what is chosen after the answer: the words of a follow-up.
        public async Task<string> RowsAsync(CancellationToken cancellationToken)
        {
            fingerprint ??= await ScalarAsync(
                """
                SELECT string_agg(format('SELECT %L AS t, count(*) || ''/'' || coalesce(sum(hashtextextended((to_jsonb(x) - ''template_id'' - ''mood'')::text, 0)), 0) AS n FROM %I.%I x', table_name, table_schema, table_name), ' UNION ALL ')
                FROM information_schema.tables
                WHERE table_schema IN ('conversations', 'followups')
                """,
                cancellationToken
            );
            return await ScalarAsync(
                $"SELECT string_agg(t || n, ' ' ORDER BY t) FROM ({fingerprint}) c",
                cancellationToken
            );
        }

        private async Task<string> ScalarAsync(string sql, CancellationToken cancellationToken)
        {
            await using var command = database.Value.CreateCommand(sql);
            return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
        }

        public override async ValueTask DisposeAsync()
        {
            GC.SuppressFinalize(this);
            await database.Value.DisposeAsync();
            await base.DisposeAsync();
        }
    }

    public sealed class SecondLane : Lane;
}
