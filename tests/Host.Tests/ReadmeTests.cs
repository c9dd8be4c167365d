using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Testing;

namespace Host.Tests;

public sealed partial class ReadmeTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Its_calls_do_what_it_says()
    {
        var calls = Call().Matches(Readme.Text);
        Assert.NotEmpty(calls);
        foreach (Match call in calls)
        {
            await SendAsync(call);
        }

        var outbox = await Until.NotNull(async () =>
            await host.Http.GetFromJsonAsync<JsonElement>("/api/v1/outbox?userId=anna", Token) is var page
            && page.GetProperty("items").GetArrayLength() > 0
                ? page.ToString()
                : null
        );
        var pending = await host.Http.GetFromJsonAsync<JsonElement>(
            "/api/v1/follow-ups?userId=anna&status=pending",
            Token
        );

        Assert.Contains("The menu is ready.", outbox, StringComparison.Ordinal);
        Assert.Equal("2031-11-06T18:00:00Z", pending.GetProperty("items")[0].GetProperty("scheduledAt").GetString());
    }

    private async Task SendAsync(Match call)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, call.Groups["path"].Value);
        if (call.Groups["body"] is { Success: true, Value: var body })
        {
            var now = DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
            request.Method = HttpMethod.Post;
            request.Content = new StringContent(
                body.Replace("'$(date -u +%FT%TZ)'", now, StringComparison.Ordinal),
                Encoding.UTF8,
                "application/json"
            );
        }

        using var answer = await host.Http.SendAsync(request, Token);
        Assert.True(answer.IsSuccessStatusCode, $"{call.Value}: {answer.StatusCode}");
    }

    [GeneratedRegex(
        @"^curl '?http://localhost:5080(?<path>[^\s']+)'?(?: -H '[^']+' \\\n  -d '(?<body>.*)')?$",
        RegexOptions.Multiline
    )]
    private static partial Regex Call();
}
