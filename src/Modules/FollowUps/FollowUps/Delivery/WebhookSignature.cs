using System.Security.Cryptography;
using System.Text;

namespace FollowUps.Delivery;

// As the Standard Webhooks specification has it: HMAC-SHA256 over id, time and body, one "v1,..." for each secret.
internal static class WebhookSignature
{
    private const string Prefix = "whsec_";

    public static byte[]? Key(string? secret)
    {
        if (secret?.StartsWith(Prefix, StringComparison.Ordinal) is not true)
        {
            return null;
        }

        var key = new byte[64];
        return Convert.TryFromBase64String(secret[Prefix.Length..], key, out var length) && length >= 24
            ? key[..length]
            : null;
    }

    public static string Of(string id, long timestamp, ReadOnlySpan<byte> body, IEnumerable<byte[]> keys)
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
        return string.Join(' ', keys.Select(key => $"v1,{Convert.ToBase64String(HMACSHA256.HashData(key, signed))}"));
    }
}
