using Conversations.Messages;
using Microsoft.ML.Tokenizers;

namespace Conversations.Tests.Messages;

public sealed class TokenCounterTests
{
    private static readonly TiktokenTokenizer Whole = TiktokenTokenizer.CreateForEncoding("o200k_base");

    private static string Repeated(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    [Theory]
    [InlineData("")]
    [InlineData("Is the tasting still on for Friday?")]
    [InlineData("Grüße, 12 Gäste\n\n  am 5. November — naïve 👩‍🍳 déjà vu. ")]
    public void Text_of_words_counts_as_the_tokenizer_counts_it_whole(string text)
    {
        foreach (var times in (int[])[1, 10, 100, 1000])
        {
            var repeated = Repeated(text, times);
            Assert.Equal(repeated.Length == 0 ? 0 : Whole.CountTokens(repeated), TokenCounter.Count(repeated));
        }
    }

    // Cut where no word ends: a token more for each piece of 512 at most.
    [Theory]
    [InlineData("予約の確認をお願いします。", 400)]
    [InlineData("👩🍳", 800)]
    [InlineData("ab", 2000)]
    public void An_overlong_word_counts_a_token_a_piece_more_at_most(string word, int times)
    {
        var text = Repeated(word, times);
        Assert.InRange(
            TokenCounter.Count(text),
            Whole.CountTokens(text),
            Whole.CountTokens(text) + text.Length / 500 * 2
        );
    }
}
