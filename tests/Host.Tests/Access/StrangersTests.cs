using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Host.Access;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Testing;

namespace Host.Tests.Access;

public sealed class StrangersTests(ClosedHostFixture host) : IClassFixture<ClosedHostFixture>
{
    private const string List = "/api/v1/conversations";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stranger_gets_no_answer_from_any_call()
    {
        var routes = host
            .Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.RoutePattern.RawText!.StartsWith("/api/v1/", StringComparison.Ordinal))
            .ToList();

        Assert.NotEmpty(routes);
        foreach (var route in routes)
        {
            var url = string.Join(
                '/',
                route.RoutePattern.PathSegments.Select(segment =>
                    segment.Parts[0] is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal
                        ? literal.Content
                        : $"{Guid.CreateVersion7()}"
                )
            );
            foreach (var method in route.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods)
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), "/" + url)
                {
                    Content = method == "GET" ? null : JsonContent.Create(new { }),
                };
                var answer = await host.Http.SendAsync(request, Token);

                Assert.Equal(
                    (route.RoutePattern.RawText, HttpStatusCode.Unauthorized),
                    (route.RoutePattern.RawText, answer.StatusCode)
                );
                Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
                Assert.NotEmpty(answer.Headers.WwwAuthenticate);
            }
        }
    }

    [Theory]
    [InlineData("/api/v1/nothing", HttpStatusCode.Unauthorized)]
    [InlineData("/health/live", HttpStatusCode.OK)]
    [InlineData("/health/ready", HttpStatusCode.OK)]
    [InlineData("/openapi/v1.json", HttpStatusCode.OK)]
    public async Task Stranger_learns_what_is_meant_for_all(string url, HttpStatusCode status) =>
        Assert.Equal(status, (await host.Http.GetAsync(url, Token)).StatusCode);

    [Theory]
    [InlineData("conversations.read", HttpStatusCode.OK)]
    [InlineData("followups.read conversations.read", HttpStatusCode.OK)]
    [InlineData("admin", HttpStatusCode.OK)]
    [InlineData("conversations.write", HttpStatusCode.Forbidden)]
    [InlineData("conversations", HttpStatusCode.Forbidden)]
    [InlineData("", HttpStatusCode.Forbidden)]
    public async Task Token_opens_what_its_scopes_name(string scope, HttpStatusCode status) =>
        Assert.Equal(status, await StatusAsync(List, "Authorization", $"Bearer {host.Token(scope)}"));

    [Fact]
    public async Task Token_that_reads_does_not_write()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/conversations/c/messages")
        {
            Content = JsonContent.Create(new { role = "user", content = "x" }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", host.Token("conversations.read"));

        var answer = await host.Http.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    public static TheoryData<string> Forged() => ["issuer", "audience", "expired", "signature", "none", "garbage"];

    [Theory]
    [MemberData(nameof(Forged))]
    public async Task Token_that_is_not_ours_opens_nothing(string wrong)
    {
        const string scope = "admin";
        var token = wrong switch
        {
            "issuer" => host.Token(scope, issuer: "https://other.example.org"),
            "audience" => host.Token(scope, audience: "another-service"),
            "expired" => host.Token(scope, expires: DateTime.UtcNow.AddMinutes(-5)),
            "signature" => host.Token(scope, signedWith: RandomNumberGenerator.GetBytes(32)),
            "none" => Unsigned(host.Token(scope)),
            _ => "abc",
        };

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(List, "Authorization", $"Bearer {token}"));
    }

    [Fact]
    public async Task Key_opens_what_its_scopes_name_until_it_is_revoked()
    {
        // Has all keys read, so that they may not be read again for a second.
        var (_, unknown) = ApiKey.New("nobody", [], DateTimeOffset.UtcNow);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(List, "X-Api-Key", unknown));
        var output = await KeysAsync("create", "--name", "till", "--scopes", "conversations.read");
        var key = output.Split('\n')[0];
        var id = key.Split('_')[1];

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(List, "X-Api-Key", key));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync("/api/v1/follow-ups", "X-Api-Key", key));
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            await StatusAsync(List, "X-Api-Key", key[..^1] + (key[^1] == '0' ? '1' : '0'))
        );
        var list = await KeysAsync("list");
        Assert.Contains(id, list, StringComparison.Ordinal);
        Assert.DoesNotContain(key, list, StringComparison.Ordinal);

        await KeysAsync("revoke", id);
        await host.Services.GetRequiredService<KnownKeys>().ReadAsync(Token);

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(List, "X-Api-Key", key));
    }

    [Theory]
    [InlineData("", "", "A key is needed (header X-Api-Key), or a bearer token.")]
    [InlineData("X-Api-Key", "wrong", "The key in the header X-Api-Key is unknown, revoked or expired.")]
    [InlineData("Authorization", "Bearer wrong", "The bearer token does not count here.")]
    public async Task Stranger_is_told_what_is_wrong_with_what_was_sent(string header, string value, string detail) =>
        Assert.Equal(detail, await DetailAsync(HttpMethod.Get, List, header, value));

    [Theory]
    [InlineData("GET", List, "conversations.read")]
    [InlineData("GET", "/api/v1/follow-ups", "followups.read")]
    [InlineData("POST", "/api/v1/follow-ups", "followups.write")]
    [InlineData("POST", "/api/v1/dispatch/pause", "admin")]
    public async Task Caller_is_told_the_scope_that_lacks(string method, string url, string scope) =>
        Assert.Equal(
            $"The key or token lacks the scope {scope}.",
            await DetailAsync(
                new HttpMethod(method),
                url,
                "Authorization",
                $"Bearer {host.Token("conversations.write")}"
            )
        );

    [Fact]
    public async Task List_of_no_keys_says_that_there_are_none()
    {
        await using var other = new ClosedHostFixture();
        await other.InitializeAsync();
        await using var output = new StringWriter();

        await new KeysCommand(other.Services.GetRequiredService<ApiKeys>(), TimeProvider.System, output).RunAsync(
            ["list"],
            Token
        );

        Assert.Equal("There are no keys.", output.ToString().Trim());
    }

    [Fact]
    public async Task Key_that_was_just_made_opens_to_all_who_come_with_it_whatever_strangers_send()
    {
        var strangers = Enumerable.Range(0, 5).Select(_ => ApiKey.New("nobody", [], DateTimeOffset.UtcNow).Text);
        var early = strangers.Select(wrong => StatusAsync(List, "X-Api-Key", wrong)).ToList();
        var (key, text) = ApiKey.New("till", ["admin"], DateTimeOffset.UtcNow);
        await host.Services.GetRequiredService<ApiKeys>().AddAsync(key, Token);

        var holders = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => StatusAsync(List, "X-Api-Key", text)));

        Assert.All(holders, status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.All(await Task.WhenAll(early), status => Assert.NotEqual(HttpStatusCode.OK, status));
    }

    [Fact]
    public async Task Key_is_kept_as_a_hash_and_ends_when_it_should()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var (key, text) = ApiKey.New("till", ["admin"], clock.GetUtcNow(), TimeSpan.FromDays(1));
        var keys = host.Services.GetRequiredService<ApiKeys>();
        await keys.AddAsync(key, Token);

        var kept = (await keys.ListAsync(Token)).Single(k => k.Id == key.Id);

        Assert.True(kept.Is(text));
        Assert.DoesNotContain(text.Split('_')[2], JsonSerializer.Serialize(kept), StringComparison.Ordinal);
        Assert.True(kept.IsUsable(clock.GetUtcNow()));
        clock.Advance(TimeSpan.FromDays(1));
        Assert.False(kept.IsUsable(clock.GetUtcNow()));
    }

    [Theory]
    [InlineData("create")]
    [InlineData("create", "--name", "x")]
    [InlineData("create", "--name", "x", "--scopes", "everything")]
    [InlineData("create", "--name", "x", "--scopes", "admin", "--days", "0")]
    [InlineData("revoke", "unknown")]
    [InlineData("show")]
    public async Task Command_that_makes_no_sense_says_so(params string[] words) =>
        await Assert.ThrowsAsync<StartException>(() => KeysAsync(words));

    private async Task<string> KeysAsync(params string[] words)
    {
        await using var output = new StringWriter();
        var keys = host.Services.GetRequiredService<ApiKeys>();
        await new KeysCommand(keys, TimeProvider.System, output).RunAsync(words, Token);
        return output.ToString();
    }

    private async Task<string?> DetailAsync(HttpMethod method, string url, string header, string value)
    {
        using var request = new HttpRequestMessage(method, url);
        if (header.Length > 0)
        {
            request.Headers.TryAddWithoutValidation(header, value);
        }

        using var answer = await host.Http.SendAsync(request, Token);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("detail").GetString();
    }

    private async Task<HttpStatusCode> StatusAsync(string url, string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.TryAddWithoutValidation(header, value);
        using var answer = await host.Http.SendAsync(request, Token);
        return answer.StatusCode;
    }

    // The same claims, said to need no signature.
    private static string Unsigned(string token) =>
        $"{Microsoft.IdentityModel.Tokens.Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""")}.{token.Split('.')[1]}.";
}
