using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Testing;
using YamlDotNet.Serialization;

namespace Host.Tests.Telemetry;

// In processes of their own: Hosts of one process share what OpenTelemetry counts, and it drops an instrument of all once one of them ends.
public sealed partial class MonitoringTests
{
    private const string ScrapeAnswers = "up{job=\"followups\"} == 0";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Alerts_and_dashboard_name_only_what_a_running_host_exposes()
    {
        using var process = await StartAsync();
        using var http = Client(process);
        await UseAsync(http);
        var exposed = await Until.NotNull(async () =>
            await http.GetStringAsync("/metrics", Token) is var metrics
            && metrics.Contains("followups_dispatch_lateness_seconds_count", StringComparison.Ordinal)
            && metrics.Contains("followups_deliveries_total", StringComparison.Ordinal)
                ? metrics
                : null
        );

        var names = SampleName().Matches(exposed).Select(match => match.Value).ToHashSet();
        var labels = LabelName().Matches(exposed).Select(match => match.Groups[1].Value).ToHashSet();
        // Prometheus itself says of each that it scrapes whether it answers.
        foreach (var expression in AlertExpressions().Concat(DashboardExpressions()).Except([ScrapeAnswers]))
        {
            var words = Word().Matches(WithoutStrings().Replace(expression, "")).Select(match => match.Value).ToList();
            var metrics = words
                .Where(word => word.Contains('_') && !labels.Contains(word) && !IsFunction(word))
                .ToList();

            Assert.NotEmpty(metrics);
            Assert.Subset(names, metrics.ToHashSet());
            Assert.Subset(
                labels,
                UsedLabels()
                    .Matches(expression)
                    .SelectMany(match => (match.Groups[1].Value + match.Groups[2].Value).Split(','))
                    .Select(label => label.Trim())
                    .ToHashSet()
            );
        }
    }

    [Fact]
    public async Task Before_anything_has_failed_or_is_paused_a_zero_says_so()
    {
        using var process = await StartAsync();
        using var http = Client(process);

        foreach (var outcome in (string[])["sent", "retry", "failed", "turned_away", "put_off"])
        {
            var series = new Regex(
                $$"""followups_deliveries_total\{[^}]*channel="outbox",outcome="{{outcome}}"[^}]*\} 0\b"""
            );
            await Until.NotNull(async () =>
                series.IsMatch(await http.GetStringAsync("/metrics", Token)) ? series : null
            );
        }

        await http.PostAsJsonAsync("/api/v1/dispatch/pause", new { trigger = "reengagement" }, Token);

        Assert.NotNull(
            await Until.NotNull(async () =>
                await http.GetStringAsync("/metrics", Token) is var metrics
                && Paused(metrics, "reengagement") == "1"
                && Paused(metrics, "custom") == "0"
                    ? metrics
                    : null
            )
        );

        static string Paused(string metrics, string trigger) =>
            Regex
                .Match(metrics, $$"""followups_dispatch_paused\{[^}]*trigger="{{trigger}}"[^}]*\} (\d)""")
                .Groups[1]
                .Value;
    }

    [Fact]
    public void Every_alert_says_what_is_wrong_and_what_to_do()
    {
        var rules = Rules().ToList();

        Assert.Equal(rules.Count, rules.Select(rule => rule["alert"]).Distinct().Count());
        Assert.Subset(
            rules.Select(rule => rule["alert"]).ToHashSet(),
            new HashSet<object>
            {
                "FollowUpsDatabaseDown",
                "FollowUpsSchedulerDown",
                "FollowUpsLate",
                "FollowUpsBacklog",
                "FollowUpsHeldTooLong",
                "FollowUpsDeliveriesFail",
            }
        );
        Assert.All(
            rules,
            rule =>
            {
                var annotations = (Dictionary<object, object>)rule["annotations"];
                Assert.Equal(["action", "summary"], annotations.Keys.Cast<string>().Order(StringComparer.Ordinal));
                Assert.Contains(
                    ((Dictionary<object, object>)rule["labels"])["severity"],
                    new object[] { "page", "warn" }
                );
            }
        );
    }

    // What each does is tried by promtool: build/test.
    [Fact]
    public void Every_alert_is_seen_to_fire()
    {
        var tried = File.ReadAllText(Path.Combine(Monitoring(), "alerts.test.yml"));

        Assert.All(
            Rules().Select(rule => (string)rule["alert"]),
            alert => Assert.Contains($"alertname=\"{alert}\"", tried, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Nothing_of_a_message_or_of_who_wrote_it_is_exposed()
    {
        using var process = await StartAsync();
        using var http = Client(process);
        var (user, content) = (Some.Id(), Some.Id());
        await http.PostAsJsonAsync(
            $"/api/v1/conversations/{user}/messages",
            new
            {
                userId = user,
                role = "user",
                content,
            },
            Token
        );
        await http.GetAsync(new Uri($"/unsubscribe/{user}", UriKind.Relative), Token);

        var exposed = await http.GetStringAsync("/metrics", Token);

        Assert.Contains("operation=\"store_message\"", exposed, StringComparison.Ordinal);
        Assert.DoesNotContain(user, exposed, StringComparison.Ordinal);
        Assert.DoesNotContain(content, exposed, StringComparison.Ordinal);
        Assert.Equal(
            ["access", "conversations", "followups", "start"],
            PoolName().Matches(exposed).Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task The_crossings_of_an_operation_are_counted_as_they_are_on_the_wire()
    {
        using var process = await StartAsync();
        using var http = Client(process);
        await http.PostAsJsonAsync($"/api/v1/conversations/{Some.Id()}/close", new { }, Token);

        var exposed = await http.GetStringAsync("/metrics", Token);

        Assert.Matches(
            """followups_operation_crossings_sum\{[^}]*operation="close_conversation"[^}]*\} 1\b""",
            exposed
        );
        Assert.Matches(
            """followups_operation_crossings_count\{[^}]*operation="close_conversation"[^}]*\} 1\b""",
            exposed
        );
    }

    private static async Task<HostProcess> StartAsync()
    {
        var process = HostProcess.Start(
            ("DOTNET_ENVIRONMENT", "Development"),
            ("ConnectionStrings__Postgres", await PostgresServer.NewDatabaseAsync())
        );
        await process.UntilItSaysAsync("Application started", Token);
        return process;
    }

    private static HttpClient Client(HostProcess process) =>
        new() { BaseAddress = new(Listening().Match(process.Said).Groups[1].Value) };

    private static async Task UseAsync(HttpClient http)
    {
        var conversation = $"/api/v1/conversations/{Some.Id()}";
        var message = new
        {
            role = "user",
            content = "Hello",
            emotion = new { score = 0.5 },
        };
        var followUp = new
        {
            trigger = "custom",
            userId = Some.Id(),
            message = "Hello",
            scheduledAt = DateTimeOffset.UnixEpoch,
        };
        Assert.True((await http.PostAsJsonAsync($"{conversation}/messages", message, Token)).IsSuccessStatusCode);
        Assert.NotEmpty(await http.GetStringAsync($"{conversation}/emotion-history", Token));
        var refused = await http.GetAsync(new Uri($"{conversation}/emotion-history?limit=0", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.True((await http.PostAsJsonAsync("/api/v1/follow-ups", followUp, Token)).IsSuccessStatusCode);
    }

    private static IEnumerable<Dictionary<object, object>> Rules()
    {
        var file =
            (Dictionary<object, object>)
                new DeserializerBuilder()
                    .Build()
                    .Deserialize(File.ReadAllText(Path.Combine(Monitoring(), "alerts.yml")))!;
        return ((List<object>)file["groups"])
            .SelectMany(group => (List<object>)((Dictionary<object, object>)group)["rules"])
            .Cast<Dictionary<object, object>>();
    }

    private static IEnumerable<string> AlertExpressions() => Rules().Select(rule => (string)rule["expr"]);

    private static IEnumerable<string> DashboardExpressions() =>
        JsonElement
            .Parse(File.ReadAllText(Path.Combine(Monitoring(), "grafana-dashboard.json")))
            .GetProperty("panels")
            .EnumerateArray()
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .Select(target => target.GetProperty("expr").GetString()!);

    private static bool IsFunction(string word) => word is "histogram_quantile";

    private static string Monitoring([CallerFilePath] string file = "") =>
        Path.Combine(Path.GetDirectoryName(file)!, "..", "..", "..", "build", "monitoring");

    [GeneratedRegex("Now listening on: (\\S+)")]
    private static partial Regex Listening();

    [GeneratedRegex("^[a-z_]+", RegexOptions.Multiline)]
    private static partial Regex SampleName();

    [GeneratedRegex("[{,]([a-z_]+)=\"")]
    private static partial Regex LabelName();

    // Those grouped by and those matched: a misspelt one makes an alert that never fires.
    [GeneratedRegex(@"\bby \(([^)]*)\)|\b([a-z_]+)(?:=|!=|=~|!~)""")]
    private static partial Regex UsedLabels();

    [GeneratedRegex("pool_name=\"([^\"]*)\"")]
    private static partial Regex PoolName();

    [GeneratedRegex("[a-z][a-z_]*")]
    private static partial Regex Word();

    // Matchers' values, durations and Grafana's variables are no names.
    [GeneratedRegex("\"[^\"]*\"|\\[[^]]*\\]|\\$\\w+")]
    private static partial Regex WithoutStrings();
}
