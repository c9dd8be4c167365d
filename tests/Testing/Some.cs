using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Conversations.Contracts;
using FollowUps.Contracts;

namespace Testing;

// Valid data that no other test shares.
public static class Some
{
    public static string Id() => $"{Guid.NewGuid():n}";

    public static NewMessage Message(string conversationId, double? score = null, DateTimeOffset? sentAt = null) =>
        new()
        {
            ConversationId = conversationId,
            Id = Guid.CreateVersion7(),
            Role = MessageRole.User,
            Content = "Is the tasting still on for Friday?",
            SentAt = sentAt,
            Emotion = score is null ? null : new Emotion(score),
        };

    // Due at once unless said otherwise.
    public static NewFollowUp FollowUp(string? user = null, DateTimeOffset? at = null) =>
        new()
        {
            Trigger = FollowUpTrigger.Custom,
            UserId = user ?? Id(),
            ScheduledAt = at ?? DateTimeOffset.UtcNow,
            Message = "Your menu is ready.",
        };

    // That nobody vouches for but itself.
    public static X509Certificate2 Certificate(string name = "localhost")
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = DateTimeOffset.UtcNow;
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
