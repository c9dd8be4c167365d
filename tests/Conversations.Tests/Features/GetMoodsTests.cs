using Conversations.Contracts;
using FluentValidation;
using Testing;

namespace Conversations.Tests.Features;

public sealed class GetMoodsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Task<IReadOnlyList<Mood>> Ask(params MoodSubject[] subjects) =>
        host.Modules.Send(new GetMoods(subjects), Token);

    private async Task<string> Conversation(string user, params double[] oldestFirst)
    {
        var id = Some.Id();
        await host.Modules.Send(
            new StoreMessages([
                Some.Message(id, null, Noon) with
                {
                    UserId = user,
                },
                .. oldestFirst.Select((score, i) => Some.Message(id, score, Noon.AddMinutes(i))),
            ]),
            Token
        );
        return id;
    }

    [Fact]
    public async Task It_is_the_mean_of_the_newest_five_of_the_conversation_or_of_all_of_the_customers()
    {
        var user = Some.Id();
        var glad = await Conversation(user, 0, 0, 0.7, 0.7, 0.7, 0.7, 0.7);
        var sad = await Conversation(user, 0.1, 0.1);
        var silent = await Conversation(user);
        await host.Modules.Send(new EscalateConversation(sad), Token);

        var moods = await Ask(new(user, glad), new(user, sad), new(user, silent), new(user, null), new("nobody", null));

        Assert.Equal(
            [
                new Mood(MoodBand.High, 0.7, false, 3),
                new Mood(MoodBand.Low, 0.1, true, 3),
                new Mood(MoodBand.Neutral, null, false, 3),
                new Mood(MoodBand.High, 0.7, true, 3),
                new Mood(MoodBand.Neutral, null, false, 0),
            ],
            moods
        );
    }

    [Theory]
    [InlineData(0.4, MoodBand.Neutral)]
    [InlineData(0.399999, MoodBand.Low)]
    [InlineData(0.699999, MoodBand.Neutral)]
    [InlineData(0.7, MoodBand.High)]
    public async Task Bands_begin_where_they_say(double score, MoodBand band)
    {
        var id = await Conversation(Some.Id(), score, score, score);

        Assert.Equal(band, (await Ask(new MoodSubject(Some.Id(), id)))[0].Band);
    }

    [Fact]
    public async Task Too_many_subjects_and_a_nameless_one_are_refused()
    {
        await Assert.ThrowsAsync<ValidationException>(() =>
            Ask([.. Enumerable.Repeat(new MoodSubject("guest", null), 10_001)])
        );
        await Assert.ThrowsAsync<ValidationException>(() => Ask(new MoodSubject("", null)));
    }
}
