using System.Security.Cryptography;
using System.Text;

namespace Host.Access;

// A key as it is kept: the secret in it is 256 random bits, of which only a hash remains.
internal sealed record ApiKey(
    string Id,
    string Name,
    byte[] Hash,
    string[] Scopes,
    DateTime CreatedAt,
    DateTime? ExpiresAt,
    DateTime? RevokedAt
)
{
    private const string Prefix = "fuk";

    public bool IsUsable(DateTimeOffset now) => RevokedAt is null && !(ExpiresAt <= now.UtcDateTime);

    // The text is what its owner keeps; nothing can show it again.
    public static (ApiKey Key, string Text) New(
        string name,
        string[] scopes,
        DateTimeOffset now,
        TimeSpan? lifetime = null
    )
    {
        var id = RandomNumberGenerator.GetHexString(12, lowercase: true);
        var text = $"{Prefix}_{id}_{RandomNumberGenerator.GetHexString(64, lowercase: true)}";
        return (new(id, name, HashOf(text), scopes, now.UtcDateTime, (now + lifetime)?.UtcDateTime, null), text);
    }

    // Null when it has not the shape of a key.
    public static string? IdIn(string text) =>
        text.Split('_') is [Prefix, { Length: 12 } id, { Length: 64 }] ? id : null;

    public bool Is(string text) => CryptographicOperations.FixedTimeEquals(Hash, HashOf(text));

    private static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
