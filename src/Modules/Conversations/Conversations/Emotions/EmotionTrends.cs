using Conversations.Contracts;

namespace Conversations.Emotions;

internal static class EmotionTrends
{
    private const double Threshold = 0.15;

    // Scores newest first. Rounded before it is compared, so that 0.15 in decimals is 0.15 here.
    public static EmotionTrend? Of(ReadOnlySpan<double> newestFirst)
    {
        if (newestFirst.Length == 0)
        {
            return null;
        }

        var difference = newestFirst.Length switch
        {
            1 => 0,
            2 or 3 => newestFirst[0] - newestFirst[^1],
            _ => (newestFirst[0] + newestFirst[1]) / 2 - (newestFirst[2] + newestFirst[3]) / 2,
        };

        return Math.Round(difference, 6) switch
        {
            > Threshold => EmotionTrend.Improving,
            < -Threshold => EmotionTrend.Declining,
            _ => EmotionTrend.Stable,
        };
    }
}
