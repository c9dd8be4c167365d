using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// Asks for the newest mood behind a batch of subjects: what a follow-up needs to choose its words, and to know whether a
/// human has taken over.
/// </summary>
/// <remarks>One crossing.</remarks>
/// <param name="Subjects">At most 10 000; answered in the same order.</param>
public sealed record GetMoods(IReadOnlyList<MoodSubject> Subjects) : IRequest<IReadOnlyList<Mood>>;

/// <summary>Whose mood is asked for.</summary>
/// <param name="UserId">The customer.</param>
/// <param name="ConversationId">One conversation; null for all of the customer's.</param>
public readonly record struct MoodSubject(string UserId, string? ConversationId);

/// <summary>The band that a mood falls into.</summary>
public enum MoodBand
{
    /// <summary>0.7 or above.</summary>
    High,

    /// <summary>Between, or nothing scored.</summary>
    Neutral,

    /// <summary>Below 0.4.</summary>
    Low,
}

/// <summary>The newest mood of a subject.</summary>
/// <param name="Band">By the mean: 0.7 and above is high, below 0.4 is low.</param>
/// <param name="Score">Mean of the newest 5 scored messages, rounded to 6 decimals; null without scores.</param>
/// <param name="Escalated">True while a human has taken over the conversation (of a customer: any of theirs).</param>
/// <param name="ConversationCount">How many conversations the customer has.</param>
public sealed record Mood(MoodBand Band, double? Score, bool Escalated, int ConversationCount);
