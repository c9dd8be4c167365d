using System.Text;
using CsCheck;
using FollowUps.Contracts;
using FollowUps.Recipients;
using Microsoft.Extensions.Options;

namespace FollowUps.Tests.Recipients;

public sealed class UnsubscribeLinksTests
{
    private static UnsubscribeLinks Links(byte secret, string? home = null)
    {
        var links = new UnsubscribeLinks(
            Options.Create(new FollowUpsOptions { PublicUrl = home is null ? null : new Uri(home) })
        );
        links.Use([.. Enumerable.Repeat(secret, 32)]);
        return links;
    }

    [Fact]
    public void What_a_token_seals_is_read_back_and_by_nobody_with_another_secret() =>
        Gen.Select(Gen.String[1, 255].Where(IsText), Gen.Enum<FollowUpTrigger>())
            .Sample(
                (user, trigger) =>
                {
                    var token = Links(1).Token(user, trigger);

                    return Links(1).TryRead(token, out var read, out var of)
                        && (read, of) == (user, trigger)
                        && token == Links(1).Token(user, trigger)
                        && !Links(2).TryRead(token, out _, out _);
                }
            );

    [Fact]
    public void A_token_that_was_changed_anywhere_is_worthless()
    {
        var token = Links(1).Token("anna", FollowUpTrigger.PostEvent);

        for (var i = 0; i < token.Length - 1; i++)
        {
            var changed = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            Assert.False(Links(1).TryRead(changed, out _, out _), $"at {i}");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("anna")]
    [InlineData("not base64!")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_was_not_made_here_is_not_read(string token) => Assert.False(Links(1).TryRead(token, out _, out _));

    [Fact]
    public void Link_begins_at_the_public_url_and_is_none_without()
    {
        var links = Links(1, "https://book.example.org/salon/");

        Assert.Equal(
            $"https://book.example.org/salon/unsubscribe/{links.Token("anna", FollowUpTrigger.Custom)}",
            links.Of("anna", FollowUpTrigger.Custom)!.AbsoluteUri
        );
        Assert.Null(Links(1).Of("anna", FollowUpTrigger.Custom));
    }

    private static bool IsText(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) == text;
}
