using Conversations.Contracts;

namespace Conversations.Emotions;

internal static class Moods
{
    public const int Newest = 5;
    private const double HighFrom = 0.7;
    private const double LowBelow = 0.4;

    public static double? Mean(ReadOnlySpan<double> newestFirst)
    {
        var scores = newestFirst.Length > Newest ? newestFirst[..Newest] : newestFirst;
        if (scores.Length == 0)
        {
            return null;
        }

        var sum = 0.0;
        foreach (var score in scores)
        {
            sum += score;
        }

        return Math.Round(sum / scores.Length, 6);
    }

    public static MoodBand Band(double? mean) =>
        mean switch
        {
            >= HighFrom => MoodBand.High,
            < LowBelow => MoodBand.Low,
            _ => MoodBand.Neutral,
        };
}
