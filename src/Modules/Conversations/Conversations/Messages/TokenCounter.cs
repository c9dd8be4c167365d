using Microsoft.ML.Tokenizers;

namespace Conversations.Messages;

internal static class TokenCounter
{
    private const int PieceLength = 512;

    private static readonly TiktokenTokenizer O200k = TiktokenTokenizer.CreateForEncoding("o200k_base");

    // The tokenizer's time grows with the square of a word's length: 100 000 letters without a space would take it ten seconds. So it is given
    // the text in pieces. One that ends before a space after a word changes no count; one cut within an overlong word adds a token at most.
    public static int Count(ReadOnlySpan<char> text)
    {
        var count = 0;
        while (text.Length > PieceLength)
        {
            var end = PieceEnd(text);
            count += O200k.CountTokens(text[..end]);
            text = text[end..];
        }

        return text.IsEmpty ? count : count + O200k.CountTokens(text);
    }

    private static int PieceEnd(ReadOnlySpan<char> text)
    {
        for (var at = PieceLength; at > 1; at--)
        {
            if (text[at] == ' ' && !char.IsWhiteSpace(text[at - 1]))
            {
                return at;
            }
        }

        return char.IsHighSurrogate(text[PieceLength - 1]) ? PieceLength - 1 : PieceLength;
    }
}
