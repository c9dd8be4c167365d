using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Host.Idempotency;

// The ids of customers and conversations that a document names: what an erasure finds stored answers by.
internal static class Mentioned
{
    public static readonly string[] Fields = ["userId", "conversationId"];

    private static readonly JsonReaderOptions AsDeepAsBodies = new() { MaxDepth = 64 };

    public static HashSet<string> In(byte[] json)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(json, AsDeepAsBodies);
        try
        {
            while (reader.Read())
            {
                if (
                    reader.TokenType == JsonTokenType.PropertyName
                    && (reader.ValueTextEquals("userId") || reader.ValueTextEquals("conversationId"))
                    && reader.Read()
                    && reader.TokenType == JsonTokenType.String
                )
                {
                    ids.Add(reader.GetString()!);
                }
            }
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            // No JSON, or half of a surrogate pair: it was refused, and what was read of it until there stands.
        }

        return ids;
    }

    public static byte[] HashOf(string id) => SHA256.HashData(Encoding.UTF8.GetBytes(id))[..16];
}
