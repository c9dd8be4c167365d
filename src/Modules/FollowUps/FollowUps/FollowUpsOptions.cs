using System.ComponentModel.DataAnnotations;

namespace FollowUps;

/// <summary>What an operator may set under <c>FollowUps</c>.</summary>
public sealed class FollowUpsOptions
{
    /// <summary>Where the module finds its options.</summary>
    public const string Section = "FollowUps";

    /// <summary>Most follow-ups in one request. Default 10 000.</summary>
    [Range(1, 100_000)]
    public int MaxBatchSize { get; set; } = 10_000;

    /// <summary>From an event to its follow-up. Default 24 h.</summary>
    public TimeSpan PostEventDelay { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Two post-event follow-ups of a customer this close, either side and inclusive, are one. Default 24 h.</summary>
    public TimeSpan PostEventWindow { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Silence after which a customer is written to; also how long an executed one keeps the next away. Default 30 days.</summary>
    public TimeSpan ReengagementAfter { get; set; } = TimeSpan.FromDays(30);

    /// <summary>From a drop of the mood to the check-in. Default 2 h.</summary>
    public TimeSpan EmotionCheckInDelay { get; set; } = TimeSpan.FromHours(2);

    /// <summary>How long an executed check-in keeps the next away. Default 7 days.</summary>
    public TimeSpan EmotionCheckInPause { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Most pending follow-ups of one customer. Default 10.</summary>
    [Range(1, 1000)]
    public int MaxPendingPerUser { get; set; } = 10;
}
