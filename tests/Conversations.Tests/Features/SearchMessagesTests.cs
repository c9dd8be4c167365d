using System.Net;
using Conversations.Contracts;
using Testing;

namespace Conversations.Tests.Features;

public sealed class SearchMessagesTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    private Task<T> Send<T>(MediatR.IRequest<T> request) =>
        host.Modules.Send(request, TestContext.Current.CancellationToken);

    private async Task<string> Said(params string[] contents)
    {
        var user = Some.Id();
        await Send(
            new StoreMessages([
                .. contents.Select(
                    (content, i) =>
                        Some.Message(Some.Id(), sentAt: Noon.AddSeconds(i)) with
                        {
                            UserId = user,
                            Content = content,
                        }
                ),
            ])
        );
        return user;
    }

    private async Task<IEnumerable<string>> Found(string query, string user) =>
        (await Send(new SearchMessages(query, user))).Items.Select(match => match.Message.Content);

    [Fact]
    public async Task Best_match_comes_first_then_the_newest()
    {
        var user = await Said(
            "a table for two please",
            "the table is a table like any table",
            "no chair",
            "a table for six please"
        );

        Assert.Equal(
            ["the table is a table like any table", "a table for six please", "a table for two please"],
            await Found("table", user)
        );
    }

    [Theory]
    [InlineData("WEDDING cake", "Wedding, with cake!")]
    [InlineData("\"with cake\"", "Wedding, with cake!")]
    [InlineData("cake -wedding", "cake alone")]
    [InlineData("sushi or alone", "cake alone")]
    [InlineData("ÜBER", "über straße")]
    [InlineData("مرحبا", "مرحبا بكم 😀")]
    [InlineData("' & | ! <-> :* ( \\ alone", "cake alone")]
    public async Task Words_phrases_and_exclusions_are_found_in_any_script(string query, string content)
    {
        var user = await Said("Wedding, with cake!", "cake alone", "über straße", "مرحبا بكم 😀");

        Assert.Equal([content], await Found(query, user));
    }

    [Theory]
    [InlineData("-cake")]
    [InlineData("!!!")]
    [InlineData("\"\"")]
    [InlineData("😀")]
    public async Task A_query_that_asks_for_no_word_answers_nothing(string query)
    {
        var user = await Said("bread 😀");

        Assert.Empty(await Found(query, user));
    }

    [Fact]
    public async Task Another_customers_messages_are_not_found()
    {
        var word = $"x{Some.Id()}";
        var (one, other) = (await Said($"{word} mine"), await Said($"{word} theirs"));

        Assert.Equal([$"{word} mine"], await Found(word, one));
        Assert.Equal([$"{word} theirs"], await Found(word, other));
        Assert.Equal(2, (await Send(new SearchMessages(word))).Items.Count);
    }

    [Fact]
    public async Task Highlight_is_safe_html_whatever_the_message_holds()
    {
        var user = await Said("<mark>fake</mark> \"cake\" & tea <script>alert('cake')</script>");

        var highlight = Assert.Single((await Send(new SearchMessages("cake", user))).Items).Highlight;

        Assert.Contains("&quot;<mark>cake</mark>&quot; &amp; tea", highlight, StringComparison.Ordinal);
        var withoutMarks = highlight.Replace("<mark>cake</mark>", "", StringComparison.Ordinal);
        Assert.DoesNotContain('<', withoutMarks);
        Assert.DoesNotContain('>', withoutMarks);
    }

    [Fact]
    public async Task Highlight_of_a_long_message_is_the_passages_that_matched()
    {
        var filler = string.Concat(Enumerable.Repeat("and so on ", 4900));
        var user = await Said($"{filler}needle one {filler}");

        var highlight = Assert.Single((await Send(new SearchMessages("needle", user))).Items).Highlight;

        Assert.Contains("<mark>needle</mark> one", highlight, StringComparison.Ordinal);
        Assert.True(WebUtility.HtmlDecode(highlight).Length < 500);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(25)]
    [InlineData(200)]
    public async Task Pages_hold_every_match_once_even_of_one_rank_and_instant(int limit)
    {
        var (user, word, sameId) = (Some.Id(), $"x{Some.Id()}", Guid.CreateVersion7());
        var messages = Enumerable
            .Range(0, 25)
            .Select(i =>
                Some.Message(Some.Id(), sentAt: Noon) with
                {
                    Id = i % 2 == 0 ? sameId : Guid.CreateVersion7(),
                    UserId = user,
                    Content = i % 5 == 0 ? $"{word} {word}" : word,
                }
            )
            .ToArray();
        await Send(new StoreMessages(messages));

        var read = new List<MessageMatch>();
        MatchKey? after = null;
        do
        {
            var page = await Send(new SearchMessages(word, user, limit, after));
            Assert.True(page.Items.Count <= limit);
            read.AddRange(page.Items);
            after = page.Next;
        } while (after is not null);

        Assert.Equal(
            messages.Select(m => m.ConversationId).Order(StringComparer.Ordinal),
            read.Select(m => m.Message.ConversationId).Order(StringComparer.Ordinal)
        );
        Assert.Equal(read.Select(m => m.Rank).OrderDescending(), read.Select(m => m.Rank));
    }

    [Fact]
    public async Task The_longest_message_of_different_words_is_stored_and_found()
    {
        // Four bytes each, three characters with the space: close to what a message can hold, and to what PostgreSQL can index.
        var words = Enumerable.Range(0, 33_000).Select(i => char.ConvertFromUtf32(0x20000 + i) + " ");
        var user = await Said(string.Concat(words));

        Assert.Single(await Found(char.ConvertFromUtf32(0x20000 + 32_999), user));
    }

    public static TheoryData<SearchMessages, string> Wrong() =>
        new()
        {
            { new SearchMessages(""), "q" },
            { new SearchMessages(" \t\n"), "q" },
            { new SearchMessages(new string('x', 501)), "q" },
            { new SearchMessages("a\0b"), "q" },
            { new SearchMessages("half \ude00"), "q" },
            { new SearchMessages("a", ""), "UserId" },
            { new SearchMessages("a", Limit: 0), "Limit" },
            { new SearchMessages("a", Limit: 201), "Limit" },
            { new SearchMessages("a", After: new MatchKey(1, Noon, Guid.Empty, "")), "cursor" },
        };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public async Task Bad_input_is_refused_by_name(SearchMessages request, string field)
    {
        var refused = await Assert.ThrowsAsync<FluentValidation.ValidationException>(() => Send(request));

        Assert.Equal(field, Assert.Single(refused.Errors).PropertyName);
    }
}
