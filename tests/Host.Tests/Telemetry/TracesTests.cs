using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Testing;

namespace Host.Tests.Telemetry;

// What a collector gets. In a process of its own, as with the metrics.
public sealed partial class TracesTests
{
    private const string Route = "/api/v1/conversations/{conversationId}/messages";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_and_its_crossings_are_one_trace_that_tells_nothing_of_the_customer()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        var database = await PostgresServer.NewDatabaseAsync();
        using var process = HostProcess.Start(
            ("DOTNET_ENVIRONMENT", "Development"),
            ("ConnectionStrings__Postgres", database),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_BSP_SCHEDULE_DELAY", "100"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "100")
        );
        await process.UntilItSaysAsync("Application started", Token);
        using var http = new HttpClient { BaseAddress = new(Listening().Match(process.Said).Groups[1].Value) };
        var (user, conversation, content, address) = (Some.Id(), Some.Id(), Some.Id(), $"{Some.Id()}@example.com");

        // The first one opens connections and learns the types.
        foreach (var id in new[] { Some.Id(), conversation })
        {
            await PostAsync(
                http,
                $"conversations/{id}/messages",
                new
                {
                    userId = user,
                    role = "user",
                    content,
                    emotion = new { score = 0.5 },
                }
            );
        }

        await PostAsync(
            http,
            "follow-ups",
            new
            {
                trigger = "custom",
                userId = user,
                conversationId = conversation,
                scheduledAt = DateTimeOffset.UnixEpoch,
                message = content,
                variables = new { address },
            }
        );
        foreach (
            var path in new[]
            {
                $"conversations/{conversation}/emotion-history",
                $"conversations/{conversation}/messages",
                $"users/{user}/messages?channel=web",
                $"follow-ups?userId={user}",
                $"messages/search?q={content}",
            }
        )
        {
            await http.GetStringAsync($"/api/v1/{path}", Token);
        }

        await Until.NotNull(() =>
            Task.FromResult(collector.Spans.FirstOrDefault(span => span.Name == "GET /api/v1/messages/search"))
        );
        await Until.NotNull(() =>
            Task.FromResult(collector.HasMetric("followups.operation.crossings") ? collector : null)
        );

        var stored = collector.Spans.Last(span => span.Name == $"POST {Route}");
        var operation = collector.Spans.Single(span => span.Parent == stored.Id);
        var crossing = collector.Spans.Single(span => span.Parent == operation.Id);
        Assert.Equal(("Microsoft.AspNetCore", "1"), (stored.Source, stored.Attributes["followups.crossings"]));
        Assert.Equal((Route, "201"), (stored.Attributes["url.path"], stored.Attributes["http.response.status_code"]));
        Assert.Equal(("store_message", "1"), (operation.Name, operation.Attributes["followups.crossings"]));
        Assert.Equal(("Npgsql", stored.Trace), (crossing.Source, crossing.Trace));
        Assert.Contains(
            "INSERT INTO conversations.messages",
            crossing.Attributes["db.query.text"],
            StringComparison.Ordinal
        );

        Assert.True(collector.HasMetric("followups.operation.duration"));
        var everything = collector.Everything;
        Assert.All(
            new[] { user, conversation, content, address, Password().Match(database).Groups[1].Value },
            secret => Assert.DoesNotContain(secret, everything, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_joined_write_counts_for_each_in_it_and_is_linked_to_it_and_what_nobody_asked_for_leaves_no_trace()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        using var process = HostProcess.Start(
            ("DOTNET_ENVIRONMENT", "Development"),
            ("ConnectionStrings__Postgres", await PostgresServer.NewDatabaseAsync()),
            ("FollowUps__DispatchSweepEvery", "00:00:00.05"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_BSP_SCHEDULE_DELAY", "100")
        );
        await process.UntilItSaysAsync("Application started", Token);
        using var http = new HttpClient { BaseAddress = new(Listening().Match(process.Said).Groups[1].Value) };

        await Task.WhenAll(
            Enumerable
                .Range(0, 60)
                .Select(_ =>
                    PostAsync(http, $"conversations/{Some.Id()}/messages", new { role = "user", content = "Hi" })
                )
        );

        var joined = await Until.NotNull(() =>
            Task.FromResult(
                collector.Spans.FirstOrDefault(span =>
                    span.Name == "joined_write" && collector.Spans.Any(inner => inner.Parent == span.Id)
                )
            )
        );
        var stored = await Until.NotNull(() =>
            Task.FromResult(
                collector.Spans.Where(span => span.Name == "store_message").ToList() is { Count: 60 } all ? all : null
            )
        );
        Assert.All(stored, span => Assert.Equal("1", span.Attributes["followups.crossings"]));
        Assert.True(joined.Links.Count > 1);
        Assert.Subset(stored.Select(span => span.Id).ToHashSet(), joined.Links.ToHashSet());
        Assert.Contains(collector.Spans, span => span.Parent == joined.Id && span.Source == "Npgsql");
        Assert.DoesNotContain(collector.Spans, span => span.Source == "Npgsql" && span.Parent == "");
    }

    private static async Task PostAsync(HttpClient http, string path, object body)
    {
        using var answer = await http.PostAsJsonAsync($"/api/v1/{path}", body, Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    [GeneratedRegex("Now listening on: (\\S+)")]
    private static partial Regex Listening();

    [GeneratedRegex("Password=([^;]+)")]
    private static partial Regex Password();
}
