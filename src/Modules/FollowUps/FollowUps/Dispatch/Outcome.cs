using FollowUps.Contracts;
using FollowUps.Delivery;
using FollowUps.Wording;

namespace FollowUps.Dispatch;

internal enum OutcomeKind
{
    Sent,
    Retry,
    Failed,
    Held,
    TurnedAway,
    Untried,
}

// What is to become of a claim, and then what did.
internal sealed class Outcome(Claim claim, OutcomeKind kind)
{
    public Claim Claim { get; } = claim;
    public OutcomeKind Kind { get; set; } = kind;
    public string? Reason { get; set; }
    public bool Uncertain { get; set; }
    public DateTimeOffset? NextAt { get; set; }
    public Route? Route { get; init; }
    public FollowUpMood? Mood { get; init; }
    public double? MoodScore { get; init; }
    public string? TemplateId { get; init; }

    // Null when words go again: which text they were is kept already.
    public TemplateText? Template { get; init; }
    public string? TemplateChannel { get; init; }
    public string? Subject { get; init; }
    public string? Body { get; init; }

    // An attempt that counts: the next one later, or none.
    public Outcome TryLater(FollowUpsOptions options, DateTimeOffset now)
    {
        if (Claim.Try >= options.MaxAttempts)
        {
            Kind = OutcomeKind.Failed;
        }
        else
        {
            Kind = OutcomeKind.Retry;
            NextAt = now + Backoff.After(Claim.Try, options);
        }

        return this;
    }
}
