using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// A conversation's average emotion score has fallen below 0.4: published once per crossing, after commit. May be lost in a crash;
/// <see cref="ListMoodDrops" /> finds what was.
/// </summary>
/// <param name="ConversationId">The conversation.</param>
/// <param name="UserId">Its customer, if one is known.</param>
/// <param name="AverageEmotionScore">The new average.</param>
/// <param name="At">When the crossing was written.</param>
public sealed record MoodDropped(string ConversationId, string? UserId, double AverageEmotionScore, DateTimeOffset At)
    : INotification;
