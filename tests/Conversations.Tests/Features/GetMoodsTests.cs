using Conversations.Contracts;
using FluentValidation;
using Testing;

namespace Conversations.Tests.Features;

public sealed class GetMoodsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task Store(string user, string conversation, params double?[] scores) =>
        await host.Modules.Send(
            new StoreMessages([
                .. scores.Select(
                    (score, i) => Some.Message(conversation, score, Noon.AddMinutes(i)) with { UserId = user }
                ),
            ]),
            Token
        );

    private async Task<Mood> Mood(string user, string? conversation) =>
        (await host.Modules.Send(new GetMoods([new(user, conversation)]), Token))[0];

    // The oldest of six no longer counts; 0.7 three times is 0.7 for all that binary fractions say.
    [Theory]
    [InlineData(MoodBand.High, 0.7, new[] { 0.7, 0.7, 0.7 })]
    [InlineData(MoodBand.Neutral, 0.699999, new[] { 0.699999 })]
    [InlineData(MoodBand.Neutral, 0.4, new[] { 0.4, 0.4, 0.4 })]
    [InlineData(MoodBand.Low, 0.399999, new[] { 0.399999 })]
    [InlineData(MoodBand.Low, 0.0, new[] { 1.0, 0, 0, 0, 0, 0 })]
    public async Task Mood_is_the_mean_of_the_newest_five(MoodBand band, double mean, double[] scores)
    {
        var (user, conversation) = (Some.Id(), Some.Id());
        await Store(user, conversation, [.. scores.Select(score => (double?)score)]);

        Assert.Equal(new Mood(band, mean, false, 1), await Mood(user, conversation));
    }

    [Fact]
    public async Task Subjects_are_answered_in_order_the_unknown_ones_too()
    {
        var (user, angry, happy) = (Some.Id(), Some.Id(), Some.Id());
        await Store(user, angry, 0);
        await Store(user, happy, 1, null);
        await host.Modules.Send(new EscalateConversation(angry), Token);

        var moods = await host.Modules.Send(
            new GetMoods([new(user, happy), new(Some.Id(), null), new(user, null), new(user, angry)]),
            Token
        );

        Assert.Equal(
            [
                new Mood(MoodBand.High, 1, false, 2),
                new Mood(MoodBand.Neutral, null, false, 0),
                new Mood(MoodBand.Neutral, 0.5, true, 2),
                new Mood(MoodBand.Low, 0, true, 2),
            ],
            moods
        );
    }

    [Fact]
    public async Task Empty_id_is_refused() => await Assert.ThrowsAsync<ValidationException>(() => Mood("", null));
}
