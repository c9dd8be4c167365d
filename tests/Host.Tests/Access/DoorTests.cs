using System.Net;
using Host.Access;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Testing;

namespace Host.Tests.Access;

public sealed class DoorTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Development_on_this_machine_is_open() => Assert.Equal(HttpStatusCode.OK, await StatusAsync());

    [Theory]
    [InlineData("Host", "evil.example.org")]
    [InlineData("X-Forwarded-For", "203.0.113.7")]
    [InlineData("Forwarded", "for=203.0.113.7")]
    [InlineData("X-Api-Key", "wrong")]
    [InlineData("Authorization", "Bearer wrong")]
    public async Task Open_door_lets_in_nobody_from_elsewhere(string header, string value) =>
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(header, value));

    [Fact]
    public async Task First_key_that_is_made_shuts_it_for_good()
    {
        await using var other = new HostFixture();
        await other.InitializeAsync();
        using var before = await other.Http.GetAsync("/api/v1/conversations", Token);
        var (key, text) = ApiKey.New("till", ["conversations.read"], DateTimeOffset.UtcNow);
        var keys = other.Services.GetRequiredService<ApiKeys>();
        await keys.AddAsync(key, Token);
        await other.Services.GetRequiredService<KnownKeys>().ReadAsync(Token);

        using var stranger = await other.Http.GetAsync("/api/v1/conversations", Token);
        other.Http.DefaultRequestHeaders.Add("X-Api-Key", text);
        using var holder = await other.Http.GetAsync("/api/v1/conversations", Token);
        await keys.RevokeAsync(key.Id, DateTimeOffset.UtcNow, Token);
        await other.Services.GetRequiredService<KnownKeys>().ReadAsync(Token);
        other.Http.DefaultRequestHeaders.Clear();
        using var afterwards = await other.Http.GetAsync("/api/v1/conversations", Token);
        await using var next = new Next(other);
        await next.InitializeAsync();
        using var restarted = await next.Http.GetAsync("/api/v1/conversations", Token);

        Assert.Equal(
            [
                HttpStatusCode.OK,
                HttpStatusCode.Unauthorized,
                HttpStatusCode.OK,
                HttpStatusCode.Unauthorized,
                HttpStatusCode.Unauthorized,
            ],
            new[] { before, stranger, holder, afterwards, restarted }.Select(answer => answer.StatusCode)
        );
    }

    [Theory]
    [InlineData("Production", "http://127.0.0.1:0")]
    [InlineData("Development", "http://0.0.0.0:0")]
    [InlineData("Development", "http://*:0")]
    public async Task Host_that_strangers_could_reach_does_not_start_without_keys(string environment, string url)
    {
        await using var other = await NewHostAsync(environment, url);

        var refusal = await Assert.ThrowsAsync<StartException>(() => other.StartAsync(Token));

        Assert.Contains("build/run keys create", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Issuer_without_an_audience_is_refused()
    {
        await using var other = await NewHostAsync(
            "Production",
            "http://127.0.0.1:0",
            new KeyValuePair<string, string?>("Authentication:Schemes:Bearer:Authority", "https://issuer.example.org")
        );

        var refusal = await Assert.ThrowsAsync<StartException>(() => other.StartAsync(Token));

        Assert.Contains("ValidAudiences", refusal.Message, StringComparison.Ordinal);
    }

    private async Task<FollowUpsHost> NewHostAsync(
        string environment,
        string url,
        params KeyValuePair<string, string?>[] settings
    ) =>
        await FollowUpsHost.CreateAsync(
            ["--environment", environment],
            builder =>
            {
                builder.WebHost.UseUrls(url);
                builder.Configuration.AddInMemoryCollection([
                    new("ConnectionStrings:Postgres", host.ConnectionString),
                    .. settings,
                ]);
                builder.Logging.ClearProviders();
            },
            Token
        );

    private async Task<HttpStatusCode> StatusAsync(string? header = null, string? value = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/conversations");
        if (header is not null)
        {
            request.Headers.TryAddWithoutValidation(header, value);
        }

        using var answer = await host.Http.SendAsync(request, Token);
        return answer.StatusCode;
    }

    private sealed class Next(HostFixture before) : HostFixture(before);
}
