using System.Net;
using FollowUps.Contracts;
using Testing;

namespace Host.Tests.Api;

public sealed class UnsubscribeTests(UnsubscribableHostFixture host) : IClassFixture<UnsubscribableHostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<IReadOnlyList<string>> OptOuts(string user) =>
        (await host.Modules.Send(new GetRecipient(user), Token))!.OptOut;

    [Fact]
    public async Task Opening_the_link_asks_and_changes_nothing()
    {
        var user = Some.Id();

        var answer = await host.Http.GetAsync(await host.LinkOf(user), Token);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.Contains(
            "<form method=\"post\">",
            await answer.Content.ReadAsStringAsync(Token),
            StringComparison.Ordinal
        );
        Assert.Empty(await OptOuts(user));
    }

    [Theory]
    [InlineData("", "all")]
    [InlineData("?only=trigger", "custom")]
    public async Task One_click_of_a_mail_program_opts_out(string query, string optOut)
    {
        var user = Some.Id();
        using var oneClick = new FormUrlEncodedContent([new("List-Unsubscribe", "One-Click")]);

        var answer = await host.Http.PostAsync(await host.LinkOf(user) + query, oneClick, Token);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal([optOut], await OptOuts(user));
    }

    [Fact]
    public async Task Link_that_was_not_made_here_is_unknown()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await host.Http.GetAsync("/unsubscribe/AAAA", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Http.PostAsync("/unsubscribe/AAAA", null, Token)).StatusCode);
    }
}
