using System.Security.Cryptography;
using System.Text;

namespace Conversations.Data;

// The keyed hashes under which an erased customer and their conversations are remembered.
internal sealed class TombstoneKeys
{
    private byte[]? secret;

    public byte[] OfUser(string userId) => Of($"user:{userId}");

    public byte[] OfConversation(string conversationId) => Of($"conversation:{conversationId}");

    public void Use(byte[] key) => secret = key;

    private byte[] Of(string subject) =>
        HMACSHA256.HashData(
            secret ?? throw new InvalidOperationException("The Conversations module has not been started."),
            Encoding.UTF8.GetBytes(subject)
        );
}
