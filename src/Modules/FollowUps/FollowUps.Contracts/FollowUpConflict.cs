namespace FollowUps.Contracts;

/// <summary>Why a follow-up was left as it is.</summary>
public enum FollowUpConflict
{
    /// <summary>Where it stands, that cannot be done.</summary>
    Status,

    /// <summary>It is being sent right now.</summary>
    BeingSent,

    /// <summary>Another one like it is there.</summary>
    Duplicate,

    /// <summary>The customer has as many pending ones as may be.</summary>
    PendingLimit,
}
