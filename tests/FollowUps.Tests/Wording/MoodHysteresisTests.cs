using CsCheck;
using FollowUps.Contracts;
using FollowUps.Wording;

namespace FollowUps.Tests.Wording;

public sealed class MoodHysteresisTests
{
    private static FollowUpMood Band(double score) =>
        score >= 0.7 ? FollowUpMood.High
        : score < 0.4 ? FollowUpMood.Low
        : FollowUpMood.Neutral;

    [Theory]
    [InlineData(FollowUpMood.High, 0.66, FollowUpMood.High)]
    [InlineData(FollowUpMood.High, 0.64, FollowUpMood.Neutral)]
    [InlineData(FollowUpMood.Neutral, 0.74, FollowUpMood.Neutral)]
    [InlineData(FollowUpMood.Neutral, 0.75, FollowUpMood.High)]
    [InlineData(FollowUpMood.Neutral, 0.36, FollowUpMood.Neutral)]
    [InlineData(FollowUpMood.Neutral, 0.34, FollowUpMood.Low)]
    [InlineData(FollowUpMood.Low, 0.44, FollowUpMood.Low)]
    [InlineData(FollowUpMood.Low, 0.45, FollowUpMood.Neutral)]
    [InlineData(FollowUpMood.Low, 0.9, FollowUpMood.High)]
    public void Mood_must_pass_the_threshold_by_the_margin(FollowUpMood before, double score, FollowUpMood settled) =>
        Assert.Equal(settled, MoodHysteresis.Settle(before, Band(score), score, 0.05));

    [Fact]
    public void Off_it_changes_nothing_and_on_it_gives_the_band_before_or_the_new_one() =>
        Gen.Select(Gen.Enum<FollowUpMood>(), Gen.Double[0, 1], Gen.Double[0, 0.2])
            .Sample(
                (before, score, margin) =>
                {
                    var settled = MoodHysteresis.Settle(before, Band(score), score, margin);
                    return MoodHysteresis.Settle(before, Band(score), score, 0) == Band(score)
                        && (settled == before || settled == Band(score))
                        && MoodHysteresis.Settle(null, Band(score), score, margin) == Band(score);
                }
            );

    [Fact]
    public void Without_a_score_nothing_is_kept() =>
        Assert.Equal(FollowUpMood.Neutral, MoodHysteresis.Settle(FollowUpMood.High, FollowUpMood.Neutral, null, 0.2));
}
