using Microsoft.ML.Tokenizers;

namespace Conversations.Messages;

internal static class TokenCounter
{
    private static readonly TiktokenTokenizer O200k = TiktokenTokenizer.CreateForEncoding("o200k_base");

    public static int Count(string content) => content.Length == 0 ? 0 : O200k.CountTokens(content);
}
