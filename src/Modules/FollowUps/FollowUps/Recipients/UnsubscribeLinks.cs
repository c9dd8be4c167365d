using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using FollowUps.Contracts;
using Microsoft.Extensions.Options;

namespace FollowUps.Recipients;

// A link names its customer and trigger, sealed: whoever reads it in a log or a referrer learns neither, and nobody can make another's.
// AES-GCM under a nonce that is a keyed hash of the content (as in SIV), so that the same content gives the same link and no nonce serves two.
internal sealed class UnsubscribeLinks(IOptions<FollowUpsOptions> options)
{
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int LongestToken = 2048;

    private byte[]? sealing;
    private byte[]? hashing;

    public void Use(byte[] secret)
    {
        sealing = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, info: "unsubscribe sealing"u8.ToArray());
        hashing = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, info: "unsubscribe nonce"u8.ToArray());
    }

    public Uri? Of(string userId, FollowUpTrigger trigger) =>
        options.Value.PublicUrl is { } home
            ? new Uri($"{home.AbsoluteUri.TrimEnd('/')}/unsubscribe/{Token(userId, trigger)}")
            : null;

    public string Token(string userId, FollowUpTrigger trigger)
    {
        byte[] content = [(byte)trigger, .. Encoding.UTF8.GetBytes(userId)];
        var token = new byte[NonceSize + content.Length + TagSize];
        var nonce = token.AsSpan(0, NonceSize);
        HMACSHA256.HashData(Secret(hashing), content).AsSpan(0, NonceSize).CopyTo(nonce);
        using var cipher = new AesGcm(Secret(sealing), TagSize);
        cipher.Encrypt(nonce, content, token.AsSpan(NonceSize, content.Length), token.AsSpan(^TagSize..));
        return Base64Url.EncodeToString(token);
    }

    public bool TryRead(string? token, [NotNullWhen(true)] out string? userId, out FollowUpTrigger trigger)
    {
        (userId, trigger) = (null, default);
        if (token is null or { Length: > LongestToken } || !Base64Url.IsValid(token))
        {
            return false;
        }

        var bytes = Base64Url.DecodeFromChars(token);
        if (bytes.Length <= NonceSize + 1 + TagSize)
        {
            return false;
        }

        var content = new byte[bytes.Length - NonceSize - TagSize];
        using var cipher = new AesGcm(Secret(sealing), TagSize);
        try
        {
            cipher.Decrypt(
                bytes.AsSpan(0, NonceSize),
                bytes.AsSpan(NonceSize, content.Length),
                bytes.AsSpan(^TagSize..),
                content
            );
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }

        trigger = (FollowUpTrigger)content[0];
        userId = Encoding.UTF8.GetString(content.AsSpan(1));
        return true;
    }

    private static byte[] Secret(byte[]? key) =>
        key ?? throw new InvalidOperationException("The FollowUps module has not been started.");
}
