using System.Security.Cryptography;
using System.Text;

namespace Conversations.Data;

// The keyed hashes (HMAC-SHA-256) under which an erased customer and their conversations are remembered.
internal sealed class TombstoneKeys
{
    private const int BlockSize = 64;

    private byte[]? secret;

    // For the one place that hashes in the database: HMAC(m) = sha256(outer || sha256(inner || m)).
    public byte[] InnerPad => Pad(0x36);

    public byte[] OuterPad => Pad(0x5c);

    public byte[] OfUser(string userId) => Of($"user:{userId}");

    public byte[] OfConversation(string conversationId) => Of($"conversation:{conversationId}");

    public void Use(byte[] key) => secret = key.Length > BlockSize ? SHA256.HashData(key) : key;

    private byte[] Of(string subject) => HMACSHA256.HashData(Secret, Encoding.UTF8.GetBytes(subject));

    private byte[] Pad(byte filler)
    {
        var pad = new byte[BlockSize];
        Secret.CopyTo(pad, 0);
        for (var i = 0; i < pad.Length; i++)
        {
            pad[i] ^= filler;
        }

        return pad;
    }

    private byte[] Secret =>
        secret ?? throw new InvalidOperationException("The Conversations module has not been started.");
}
