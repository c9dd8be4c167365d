using Conversations.Contracts;
using Conversations.Emotions;

namespace Conversations.Tests.Emotions;

public sealed class EmotionTrendsTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(EmotionTrend.Stable, 0.1)]
    [InlineData(EmotionTrend.Improving, 0.5, 0.3)]
    [InlineData(EmotionTrend.Stable, 0.45, 0.3)]
    [InlineData(EmotionTrend.Declining, 0.2, 0.9, 0.5)]
    [InlineData(EmotionTrend.Improving, 0.9, 0.7, 0.5, 0.5)]
    [InlineData(EmotionTrend.Stable, 0.6, 0.5, 0.4, 0.4, 0.0)]
    public void Trend_compares_newest_with_what_came_before(EmotionTrend? expected, params double[] newestFirst) =>
        Assert.Equal(expected, EmotionTrends.Of(newestFirst));
}
