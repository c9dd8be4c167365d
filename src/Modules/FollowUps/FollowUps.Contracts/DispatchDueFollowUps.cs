using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// Sends one batch of due follow-ups: claims them, words each by the newest mood, delivers, records. The number of crossings does not grow
/// with the batch. Safe to run anywhere at any time: no two runs claim the same follow-up.
/// </summary>
public sealed record DispatchDueFollowUps : IRequest<DispatchResult>;

/// <summary>What a run did.</summary>
/// <param name="Claimed">How many were due and taken.</param>
/// <param name="Sent">How many of them were delivered.</param>
/// <param name="NextAt">When the next one is due; null when none is pending.</param>
public sealed record DispatchResult(int Claimed, int Sent, DateTimeOffset? NextAt);
