using CsCheck;
using FollowUps.Wording;

namespace FollowUps.Tests.Wording;

public sealed class HtmlTests
{
    [Theory]
    [InlineData("javascript:alert(1)")]
    [InlineData("JaVaScript:alert(1)")]
    [InlineData(" javascript:alert(1)")]
    [InlineData("java&#x9;script:alert(1)")]
    [InlineData("&#106;avascript:alert(1)")]
    [InlineData("data:text/html;base64,PGI+")]
    [InlineData("vbscript:x")]
    [InlineData("file:///etc/passwd")]
    public void A_link_to_what_runs_leads_nowhere(string address)
    {
        Assert.Equal("<a href=\"#\">x</a>", Html.WithHarmlessLinks($"<a href=\"{address}\">x</a>"));
        Assert.Equal("<IMG alt='a' SRC = '#'>", Html.WithHarmlessLinks($"<IMG alt='a' SRC = '{address}'>"));
    }

    [Theory]
    [InlineData("<a href=\"https://book.example/?a=1&amp;b=x:y\">x</a>")]
    [InlineData("<a href='mailto:a@book.example'>x</a><a href=\"tel:+4930\">y</a>")]
    [InlineData("<a href=\"/menu:today\">x</a><a href=\"#top\">y</a><a href=\"menu\">z</a><img src=\"cid:logo\">")]
    [InlineData("<p title=\"javascript:\">javascript: a < b</p><!-- <a href=\"javascript:x\"> -->")]
    public void What_is_harmless_stays_as_it_is(string html) => Assert.Equal(html, Html.WithHarmlessLinks(html));

    [Theory]
    [InlineData(
        "<p>Hi  Tom &amp; Ann,</p>\n<p>see <a href=\"https://a.example/\">the menu</a>.</p>",
        "Hi Tom & Ann,\n\nsee the menu (https://a.example/)."
    )]
    [InlineData("one<br>\ntwo<br/>three", "one\ntwo\nthree")]
    [InlineData("<ul><li>soup</li><li>bread</li></ul>", "- soup\n- bread")]
    [InlineData("<style>p { color: red }</style><p>a</p><!-- b --><script>c</script>", "a")]
    [InlineData("<a href='https://a.example'>https://a.example</a> <a href='#'>x</a>", "https://a.example x")]
    [InlineData("a &lt;b&gt; c", "a <b> c")]
    public void The_text_says_what_the_page_says(string html, string text) => Assert.Equal(text, Html.ToText(html));

    // Whatever is cut off or left open: it ends, and tags lie in order.
    [Fact]
    public void Any_text_is_taken_apart()
    {
        string[] words =
        [
            "<",
            ">",
            "/",
            "a",
            " href",
            "=",
            "\"",
            "'",
            "<!--",
            "-->",
            "script",
            "\n",
            "javascript:",
            "x",
            "&#106;",
        ];
        Gen.Int[0, words.Length - 1]
            .Array[0, 40]
            .Sample(
                chosen =>
                {
                    var html = string.Concat(chosen.Select(word => words[word]));
                    var at = 0;
                    foreach (var tag in Html.Tags(html))
                    {
                        Assert.True(at <= tag.Start && tag.Start < tag.End && tag.End <= html.Length);
                        Assert.All(tag.Attributes, a => Assert.True(tag.Start < a.Start && a.Start <= a.End));
                        at = tag.End;
                    }

                    Assert.Equal(Html.WithHarmlessLinks(html), Html.WithHarmlessLinks(Html.WithHarmlessLinks(html)));
                    Html.ToText(html);
                },
                iter: 20_000
            );
    }
}
