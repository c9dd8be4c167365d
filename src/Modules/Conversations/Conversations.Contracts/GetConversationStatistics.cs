using MediatR;

namespace Conversations.Contracts;

/// <summary>Counts the messages sent in the newest days and the conversations that they belong to.</summary>
/// <param name="UserId">Only this customer's: 1 to 255 characters.</param>
/// <param name="Days">How far back: 1 to 3660 days of 24 hours.</param>
public sealed record GetConversationStatistics(string? UserId = null, int Days = 30) : IRequest<ConversationStatistics>;

/// <summary>What was said in the time asked for. All figures are of messages sent in it.</summary>
public sealed record ConversationStatistics
{
    /// <summary>Where the time asked for begins; it ends now.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Conversations with a message in it.</summary>
    public required long Conversations { get; init; }

    /// <summary>Those of them that a human has taken over now.</summary>
    public required long EscalatedConversations { get; init; }

    /// <summary>Escalated by all conversations, from 0 to 1; 0 without conversations.</summary>
    public required double EscalationRate { get; init; }

    /// <summary>Messages, all roles.</summary>
    public required long Messages { get; init; }

    /// <summary>Messages of each role.</summary>
    public required RoleCounts MessagesByRole { get; init; }

    /// <summary>Mean of the messages' scores; null without scores.</summary>
    public double? AverageEmotionScore { get; init; }

    /// <summary>The same by the messages' channel, most messages first.</summary>
    public required IReadOnlyList<ChannelStatistics> Channels { get; init; }
}

/// <summary>How many messages each role sent.</summary>
/// <param name="User">The customer's.</param>
/// <param name="Assistant">The business's.</param>
/// <param name="System">Instructions.</param>
/// <param name="Tool">Tools' answers.</param>
public sealed record RoleCounts(long User, long Assistant, long System, long Tool);

/// <summary>What was said on a channel.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="Conversations">Conversations with a message on it; one with several channels counts in each.</param>
/// <param name="Messages">Messages on it.</param>
/// <param name="AverageEmotionScore">Mean of their scores; null without scores.</param>
public sealed record ChannelStatistics(string Channel, long Conversations, long Messages, double? AverageEmotionScore);
