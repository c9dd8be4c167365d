using MediatR;

namespace FollowUps.Contracts;

/// <summary>Asks how the follow-ups are doing.</summary>
public sealed record GetFollowUpStatistics : IRequest<FollowUpStatistics>;

/// <summary>How the follow-ups are doing, at one moment.</summary>
/// <param name="Total">All that are kept.</param>
/// <param name="ByStatus">How many stand where; every status is there.</param>
/// <param name="ByTrigger">How many of each trigger; every trigger is there.</param>
/// <param name="ByTemplate">How many use each template; those that none uses are left out.</param>
/// <param name="ExecutedToday">Sent since midnight UTC.</param>
/// <param name="Lateness">Of those sent in the last 24 hours.</param>
/// <param name="Overdue">Pending, due and not held.</param>
/// <param name="Held">Due and waiting for a reason.</param>
public sealed record FollowUpStatistics(
    long Total,
    IReadOnlyDictionary<string, long> ByStatus,
    IReadOnlyDictionary<string, long> ByTrigger,
    IReadOnlyDictionary<string, long> ByTemplate,
    long ExecutedToday,
    FollowUpLateness Lateness,
    long Overdue,
    long Held
);

/// <summary>
/// Time from the instant at which they might leave (the due time, or the end of the last hold or back-off) to being sent, in milliseconds; null
/// when nothing was sent.
/// </summary>
/// <param name="P50">Half were faster.</param>
/// <param name="P95">19 of 20 were faster.</param>
public sealed record FollowUpLateness(double? P50, double? P95);
