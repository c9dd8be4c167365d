using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// Lists the conversations whose average emotion score fell below 0.4 since an instant, in the order of the last fall: finds what lost
/// <see cref="MoodDropped" /> notifications would have told, whether or not the mood has recovered. A write becomes visible a moment after
/// the instant it bears, so ask from a little before the last look.
/// </summary>
/// <param name="Since">Falls written at or after it.</param>
/// <param name="Limit">1 to 1000 drops.</param>
/// <param name="After">Where the page before ended; null for the first page.</param>
public sealed record ListMoodDrops(DateTimeOffset Since, int Limit = 200, MoodDropKey? After = null)
    : IRequest<MoodDropPage>;

/// <summary>The place of a drop in the list.</summary>
/// <param name="DroppedAt">When the average fell.</param>
/// <param name="ConversationId">Decides between drops of one instant.</param>
public sealed record MoodDropKey(DateTimeOffset DroppedAt, string ConversationId);

/// <summary>A page of drops.</summary>
/// <param name="Items">Oldest first.</param>
/// <param name="Next">Where the next page starts after; null on the last one.</param>
public sealed record MoodDropPage(IReadOnlyList<MoodDrop> Items, MoodDropKey? Next);

/// <summary>A conversation whose average fell below 0.4.</summary>
/// <param name="ConversationId">The conversation.</param>
/// <param name="UserId">Its customer, if one is known.</param>
/// <param name="AverageEmotionScore">The average now.</param>
/// <param name="DroppedAt">When it last fell, as the notification told.</param>
public sealed record MoodDrop(
    string ConversationId,
    string? UserId,
    double AverageEmotionScore,
    DateTimeOffset DroppedAt
);
