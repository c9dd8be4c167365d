using Conversations.Contracts;
using FollowUps.Contracts;

namespace Benchmarks.Ways;

// What every way stores and schedules: the same in size and shape.
internal static class Samples
{
    public const string Content =
        "We are still thinking about the menu for the fourteenth: could the tasting be moved to Friday, and is there a vegan main?";

    public static readonly DateTimeOffset EventAt = new(2031, 11, 5, 18, 0, 0, TimeSpan.Zero);

    public static string NewId(string kind) => $"{kind}-{Guid.NewGuid():n}";

    public static double Score() => Math.Round(Random.Shared.NextDouble(), 2);

    public static NewMessage Message(string conversation, string user, double score) =>
        new()
        {
            ConversationId = conversation,
            UserId = user,
            Role = MessageRole.User,
            Content = Content,
            Channel = "web",
            Emotion = new(score, "joy"),
        };

    public static NewFollowUp FollowUp(string user, string? conversation) =>
        new()
        {
            Trigger = FollowUpTrigger.PostEvent,
            UserId = user,
            ConversationId = conversation,
            EventAt = EventAt,
        };
}
