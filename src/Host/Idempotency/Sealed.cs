using System.Security.Cryptography;

namespace Host.Idempotency;

// AES-256-GCM under a key made from a secret that is not kept.
internal static class Sealed
{
    private const int Nonce = 12;
    private const int Tag = 16;

    public static byte[] Close(byte[] plain, byte[] secret)
    {
        var closed = new byte[Nonce + Tag + plain.Length];
        RandomNumberGenerator.Fill(closed.AsSpan(0, Nonce));
        using var aes = new AesGcm(KeyOf(secret), Tag);
        aes.Encrypt(closed.AsSpan(0, Nonce), plain, closed.AsSpan(Nonce + Tag), closed.AsSpan(Nonce, Tag));
        return closed;
    }

    public static byte[] Open(byte[] closed, byte[] secret)
    {
        var plain = new byte[closed.Length - Nonce - Tag];
        using var aes = new AesGcm(KeyOf(secret), Tag);
        aes.Decrypt(closed.AsSpan(0, Nonce), closed.AsSpan(Nonce + Tag), closed.AsSpan(Nonce, Tag), plain);
        return plain;
    }

    private static byte[] KeyOf(byte[] secret) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, info: "answer"u8.ToArray());
}
