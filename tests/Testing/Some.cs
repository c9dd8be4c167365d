using Conversations.Contracts;

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
}
