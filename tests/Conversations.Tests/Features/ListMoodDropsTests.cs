using Conversations.Contracts;
using FluentValidation;
using Testing;

namespace Conversations.Tests.Features;

public sealed class ListMoodDropsTests(ListeningHostFixture host) : IClassFixture<ListeningHostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_tell_what_the_notifications_told_even_of_a_mood_that_recovered()
    {
        var started = DateTimeOffset.UtcNow.AddSeconds(-1);
        var ids = Enumerable.Range(0, 5).Select(_ => Some.Id()).ToArray();
        foreach (var id in ids)
        {
            await host.Modules.Send(new StoreMessages([Some.Message(id, 0.9, Noon)]), Token);
            await host.Modules.Send(new StoreMessages([Some.Message(id, 0, Noon.AddMinutes(1))]), Token);
            await host.Modules.Send(new StoreMessages([Some.Message(id, 0, Noon.AddMinutes(2))]), Token);
        }

        await host.Modules.Send(new StoreMessages([Some.Message(ids[0], 1, Noon.AddMinutes(3))]), Token);

        var listed = new List<MoodDrop>();
        MoodDropKey? after = null;
        do
        {
            var page = await host.Modules.Send(new ListMoodDrops(started, 2, after), Token);
            listed.AddRange(page.Items);
            after = page.Next;
        } while (after is not null);

        var told = host.Heard<MoodDropped>().Select(drop => (drop.ConversationId, drop.At)).ToHashSet();
        Assert.Equal(ids, listed.Select(drop => drop.ConversationId).Where(ids.Contains));
        Assert.All(
            listed.Where(drop => ids.Contains(drop.ConversationId)),
            drop => Assert.Contains((drop.ConversationId, drop.DroppedAt), told)
        );
    }

    [Fact]
    public async Task Writers_at_once_tell_one_drop_per_fall()
    {
        var ids = Enumerable.Range(0, 6).Select(_ => Some.Id()).ToArray();
        await host.Modules.Send(
            new StoreMessages([
                .. ids.SelectMany(id => Enumerable.Range(0, 10).Select(i => Some.Message(id, 0.9, Noon.AddSeconds(i)))),
            ]),
            Token
        );

        // Every one of these is newer than what is there: the averages only fall, whatever the order, and cross the line once.
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 32 * ids.Length),
            new ParallelOptions { MaxDegreeOfParallelism = 32 },
            async (i, token) =>
                await host.Modules.Send(
                    new StoreMessages([Some.Message(ids[i % ids.Length], 0.1, Noon.AddMinutes(1 + i))]),
                    token
                )
        );

        Assert.All(ids, id => Assert.Single(host.Heard<MoodDropped>(), drop => drop.ConversationId == id));
    }

    [Fact]
    public async Task A_page_of_nothing_is_refused() =>
        await Assert.ThrowsAsync<ValidationException>(() => host.Modules.Send(new ListMoodDrops(Noon, 0), Token));
}
