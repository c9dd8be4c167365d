using Conversations.Contracts;
using CsCheck;
using Testing;

namespace Conversations.Tests.Emotions;

// Whatever is written in whatever order, the statistics are those of the rules, recomputed here from all messages, in decimals.
public sealed class StatisticsTests(ListeningHostFixture host) : IClassFixture<ListeningHostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    // Few instants, so that many messages share one; hundredths, so that the model has no rounding of its own.
    private static readonly Gen<(int Minute, int? Score)> Said = Gen.Select(
        Gen.Int[0, 12],
        Gen.Int[-30, 100].Select(score => score < 0 ? (int?)null : score)
    );

    // Stores one, repeats an earlier one, or scores an earlier one.
    private static readonly Gen<(int Kind, int Pick, (int Minute, int? Score) Said)> Step = Gen.Select(
        Gen.Int[0, 4],
        Gen.Int[0, 1000],
        Said
    );

    [Fact]
    public async Task After_every_step_of_any_history_they_are_exact_and_each_fall_is_told_once() =>
        await Step.Array[1, 40]
            .SampleAsync(
                async steps =>
                {
                    var id = Some.Id();
                    var stored = new List<NewMessage>();
                    var falls = 0;
                    decimal? average = null;
                    foreach (var (kind, pick, said) in steps)
                    {
                        var conversation = await Take(id, stored, kind, pick, said);

                        var model = Model.Of(stored);
                        falls += Low(model.Average) && !Low(average) ? 1 : 0;
                        average = model.Average;
                        Assert.Equal(stored.Count, conversation.MessageCount);
                        Assert.Equal(
                            model.Average is { } mean ? Math.Round((double)mean, 9) : null,
                            Rounded(conversation)
                        );
                        Assert.Equal(model.Trend, conversation.EmotionTrend);
                    }

                    Assert.Equal(falls, host.Heard<MoodDropped>().Count(drop => drop.ConversationId == id));
                },
                iter: 60,
                threads: 2
            );

    [Fact]
    public async Task Any_interleaving_of_writers_leaves_the_statistics_of_the_same_messages_in_order() =>
        await Gen.Select(Said.Array[2, 60], Gen.Int[2, 12], Gen.Int[1, 8])
            .SampleAsync(
                async (all, writers, size) =>
                {
                    var id = Some.Id();
                    var messages = all.Select(said => Message(id, said)).ToList();
                    var batches = messages.Concat(messages.Where((_, i) => i % 3 == 0)).Chunk(size).ToArray();

                    await Parallel.ForEachAsync(
                        batches,
                        new ParallelOptions { MaxDegreeOfParallelism = writers },
                        async (batch, token) => await host.Modules.Send(new StoreMessages(batch), token)
                    );

                    var model = Model.Of(messages);
                    var conversation = (await host.Modules.Send(new GetConversation(id)))!;
                    Assert.Equal(messages.Count, conversation.MessageCount);
                    Assert.Equal(model.Average is { } mean ? Math.Round((double)mean, 9) : null, Rounded(conversation));
                    Assert.Equal(model.Trend, conversation.EmotionTrend);
                },
                iter: 40,
                threads: 1
            );

    private async Task<Conversation> Take(
        string id,
        List<NewMessage> stored,
        int kind,
        int pick,
        (int Minute, int? Score) said
    )
    {
        if (kind == 0 && stored.Count > 0 && said.Score is { } score)
        {
            var at = pick % stored.Count;
            stored[at] = stored[at] with { Emotion = new Emotion(score / 100.0) };
            return (
                await host.Modules.Send(new SetMessageEmotion(id, stored[at].Id!.Value, score / 100.0))
            )!.Conversation;
        }

        var repeated = kind == 1 && stored.Count > 0;
        var message = repeated ? stored[pick % stored.Count] : Message(id, said);
        if (!repeated)
        {
            stored.Add(message);
        }

        return (await host.Modules.Send(new StoreMessages([message]))).Conversations[0];
    }

    private static NewMessage Message(string id, (int Minute, int? Score) said) =>
        Some.Message(id, said.Score / 100.0, Noon.AddMinutes(said.Minute));

    private static double? Rounded(Conversation conversation) =>
        conversation.AverageEmotionScore is { } average ? Math.Round(average, 9) : null;

    private static bool Low(decimal? average) => average is { } mean && Math.Round(mean, 6) < 0.4m;

    private sealed record Model(decimal? Average, EmotionTrend? Trend)
    {
        public static Model Of(IEnumerable<NewMessage> messages)
        {
            var scores = messages
                .Where(message => message.Emotion?.Score is not null)
                .OrderByDescending(message => message.SentAt)
                .ThenByDescending(message => message.Id)
                .Take(10)
                .Select(message => (decimal)Math.Round(message.Emotion!.Score!.Value, 2))
                .ToArray();
            if (scores.Length == 0)
            {
                return new(null, null);
            }

            var change = scores.Length switch
            {
                1 => 0,
                < 4 => scores[0] - scores[^1],
                _ => (scores[0] + scores[1] - scores[2] - scores[3]) / 2,
            };
            return new(
                scores.Average(),
                change > 0.15m ? EmotionTrend.Improving
                    : change < -0.15m ? EmotionTrend.Declining
                    : EmotionTrend.Stable
            );
        }
    }
}
