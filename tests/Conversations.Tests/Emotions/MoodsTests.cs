using Conversations.Contracts;
using Conversations.Emotions;

namespace Conversations.Tests.Emotions;

public sealed class MoodsTests
{
    [Theory]
    [InlineData(MoodBand.High, 0.7, 0.7, 0.7)]
    [InlineData(MoodBand.Neutral, 0.4)]
    [InlineData(MoodBand.Low, 0.399999)]
    [InlineData(MoodBand.Neutral)]
    [InlineData(MoodBand.High, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0)]
    public void Mood_is_the_rounded_mean_of_the_newest_five(MoodBand expected, params double[] newestFirst) =>
        Assert.Equal(expected, Moods.Band(Moods.Mean(newestFirst)));
}
