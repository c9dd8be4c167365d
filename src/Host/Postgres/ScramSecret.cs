using System.Security.Cryptography;
using System.Text;

namespace Host.Postgres;

// A password for an account that the Host makes, and what the server is told of it: a statement that sets a password may be logged there.
internal static class ScramSecret
{
    // PostgreSQL's own figures.
    private const int Iterations = 4096;
    private const int SaltLength = 16;

    public static string Derive(string ownersPassword, string account) =>
        Convert.ToHexStringLower(Of(ownersPassword, $"password {account}", 32));

    // RFC 5803. The salt follows from the password too, so that Hosts that start at once say the same.
    public static string Verifier(string account, string password)
    {
        var salt = Of(password, $"salt {account}", SaltLength);
        var salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, Iterations, HashAlgorithmName.SHA256, 32);
        var stored = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var server = HMACSHA256.HashData(salted, "Server Key"u8);
        return $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(stored)}:{Convert.ToBase64String(server)}";
    }

    private static byte[] Of(string secret, string purpose, int length) =>
        HKDF.DeriveKey(
            HashAlgorithmName.SHA256,
            Encoding.UTF8.GetBytes(secret),
            length,
            info: Encoding.UTF8.GetBytes($"followups {purpose}")
        );
}
