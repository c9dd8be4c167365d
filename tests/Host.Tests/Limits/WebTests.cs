using System.Net;
using Microsoft.AspNetCore.Builder;
using Testing;

namespace Host.Tests.Limits;

// The tests are the proxy: they call from 127.0.0.1.
public sealed class WebTests(WebTests.BehindProxy behind, WebTests.BehindAnother another)
    : IClassFixture<WebTests.BehindProxy>,
        IClassFixture<WebTests.BehindAnother>
{
    private const string Desk = "https://desk.example.org";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Browsers_are_told_to_come_by_https_once_they_did()
    {
        var plain = await SendAsync(behind, HttpMethod.Get, ("Host", "api.example.org"));
        var secure = await SendAsync(
            behind,
            HttpMethod.Get,
            ("Host", "api.example.org"),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-For", "203.0.113.7")
        );

        Assert.False(plain.Headers.Contains("Strict-Transport-Security"));
        Assert.Equal("max-age=31536000", Assert.Single(secure.Headers.GetValues("Strict-Transport-Security")));
    }

    [Fact]
    public async Task Who_is_no_configured_proxy_is_not_believed()
    {
        var answer = await SendAsync(
            another,
            HttpMethod.Get,
            ("Host", "api.example.org"),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-For", "203.0.113.7")
        );

        Assert.False(answer.Headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public async Task Strangers_are_counted_by_the_address_that_a_believed_proxy_names_and_no_other()
    {
        async Task<HttpStatusCode> Last(HostFixture host, string address, int times)
        {
            var status = HttpStatusCode.OK;
            for (var i = 0; i < times; i++)
            {
                using var answer = await SendAsync(host, HttpMethod.Get, ("X-Forwarded-For", address));
                status = answer.StatusCode;
            }

            return status;
        }

        var greedy = await Last(behind, "203.0.113.8", 40);
        var other = await Last(behind, "203.0.113.9", 1);
        await Last(another, "203.0.113.8", 40);
        var alike = await Last(another, "203.0.113.9", 1);

        Assert.Equal(
            (HttpStatusCode.TooManyRequests, HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests),
            (greedy, other, alike)
        );
    }

    [Fact]
    public async Task Pages_of_the_named_origins_may_call_and_read_what_answers_carry_and_no_others()
    {
        Task<HttpResponseMessage> Ask(string origin) =>
            SendAsync(
                behind,
                HttpMethod.Options,
                ("Origin", origin),
                ("Access-Control-Request-Method", "PUT"),
                ("Access-Control-Request-Headers", "x-api-key,if-match"),
                ("X-Forwarded-For", "203.0.113.10")
            );
        var named = await Ask(Desk);
        var other = await Ask("https://evil.example.org");
        var answer = await SendAsync(behind, HttpMethod.Get, ("Origin", Desk), ("X-Forwarded-For", "203.0.113.10"));

        Assert.Equal(HttpStatusCode.NoContent, named.StatusCode);
        Assert.Equal(Desk, Assert.Single(named.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Equal("x-api-key,if-match", Assert.Single(named.Headers.GetValues("Access-Control-Allow-Headers")));
        Assert.False(named.Headers.Contains("Access-Control-Allow-Credentials"));
        Assert.False(other.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.Contains(
            "ETag,Location,Retry-After",
            Assert.Single(answer.Headers.GetValues("Access-Control-Expose-Headers")),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("proxy.example.org")]
    [InlineData("10.0.0.0/99")]
    public async Task Proxy_that_is_no_address_is_refused_at_the_start(string proxy)
    {
        var host = new BehindNobody(proxy);

        var refusal = await Assert.ThrowsAsync<StartException>(async () => await host.InitializeAsync());

        Assert.Contains(proxy, refusal.Message, StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> SendAsync(
        HostFixture host,
        HttpMethod method,
        params (string Name, string Value)[] headers
    )
    {
        using var request = new HttpRequestMessage(method, "/api/v1/conversations");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await host.Http.SendAsync(request, Token);
    }

    public abstract class Behind(string proxy) : ClosedHostFixture
    {
        protected override void Customise(WebApplicationBuilder builder)
        {
            base.Customise(builder);
            builder.Configuration["Web:Proxies:0"] = proxy;
            builder.Configuration["Web:Hsts"] = "true";
            builder.Configuration["Web:Origins:0"] = Desk;
            builder.Configuration["Limits:StrangersPerSecond"] = "1";
        }
    }

    public sealed class BehindProxy() : Behind("127.0.0.1");

    public sealed class BehindAnother() : Behind("10.0.0.0/8");

    private sealed class BehindNobody(string proxy) : Behind(proxy);
}
