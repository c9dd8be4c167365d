using System.Net;
using System.Text.RegularExpressions;
using Testing;

namespace Host.Tests.OpenApi;

public sealed class PageTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_opens_the_service_in_a_browser_sees_the_page_of_the_API()
    {
        using var page = await host.Http.GetAsync("/", Token);

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("/scalar/", page.RequestMessage!.RequestUri!.AbsolutePath);
    }

    // On a machine without the Internet the page is the same.
    [Fact]
    public async Task Page_of_the_API_needs_no_other_host()
    {
        using var page = await host.Http.GetAsync("/scalar/", Token);
        var html = await page.Content.ReadAsStringAsync(Token);
        var parts = Regex.Matches(html, "(?:src|href)=\"([^\"]+)\"").Select(match => match.Groups[1].Value).ToList();

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.NotEmpty(parts);
        Assert.DoesNotContain("//", string.Join(' ', parts), StringComparison.Ordinal);
        foreach (var part in parts)
        {
            using var answer = await host.Http.GetAsync($"/scalar/{part}", Token);
            Assert.Equal((part, HttpStatusCode.OK), (part, answer.StatusCode));
        }

        Assert.Contains("\"withDefaultFonts\":false", html, StringComparison.Ordinal);
        Assert.Contains("openapi/v1.json", html, StringComparison.Ordinal);
        Assert.StartsWith(
            "default-src 'self' ",
            Assert.Single(page.Headers.GetValues("Content-Security-Policy")),
            StringComparison.Ordinal
        );
    }
}
