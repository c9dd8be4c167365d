using BenchmarkDotNet.Attributes;
using Conversations.Contracts;
using Conversations.Emotions;

namespace Benchmarks.Micro;

public class Statistics
{
    private readonly double[] window = [0.8, 0.7, 0.9, 0.2, 0.4, 0.5, 0.3, 0.6, 0.7, 0.1];

    [Benchmark]
    public EmotionTrend? Trend() => EmotionTrends.Of(window);

    [Benchmark]
    public MoodBand Mood() => Moods.Band(Moods.Mean(window));
}
