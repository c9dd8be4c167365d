using FollowUps.Contracts;

namespace FollowUps.Wording;

// Keeps a mood that hovers at a threshold from changing the words with every message.
internal static class MoodHysteresis
{
    private const double Low = 0.4;
    private const double High = 0.7;

    // The band of the score, unless the score lies within the margin of the band before.
    public static FollowUpMood Settle(FollowUpMood? before, FollowUpMood now, double? score, double margin)
    {
        if (score is not { } value || margin == 0)
        {
            return now;
        }

        var stays = before switch
        {
            FollowUpMood.High => value >= High - margin,
            FollowUpMood.Neutral => value >= Low - margin && value < High + margin,
            FollowUpMood.Low => value < Low + margin,
            _ => false,
        };
        return stays ? before!.Value : now;
    }
}
