using Conversations.Contracts;
using FluentValidation;
using FollowUps.Contracts;
using Npgsql;
using Testing;

namespace Host.Tests.Pipeline;

public sealed class JoinSingleWritesTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_of_a_crowd_are_each_answered_as_if_alone()
    {
        var (conversations, users) = (Ids(6), Ids(6));
        var random = new Random(11);
        var ids = Enumerable.Range(0, 60).Select(_ => Guid.CreateVersion7()).ToArray();
        var wishes = Enumerable
            .Range(0, 600)
            .Select(_ =>
            {
                var conversation = random.Next(conversations.Length);
                return Some.Message(conversations[conversation], 0.5) with
                {
                    Id = ids[random.Next(ids.Length)],
                    // Now and then somebody else's conversation, or other words under the same id.
                    UserId = users[random.Next(20) == 0 ? random.Next(users.Length) : conversation],
                    Content = random.Next(15) == 0 ? "Other words" : "Words",
                };
            })
            .ToArray();

        var answers = await CrowdAsync(
            wishes,
            async wish => (Wish: wish, Result: await host.Modules.Send(new StoreMessages([wish]), Token))
        );

        foreach (var conversation in conversations)
        {
            var mine = answers.Where(answer => answer.Wish.ConversationId == conversation).ToList();
            var stored = mine.Where(answer => answer.Result.Stored == 1).ToDictionary(answer => answer.Wish.Id!.Value);
            var state = await host.Modules.Send(new GetConversation(conversation), Token);
            Assert.Equal(stored.Count, state!.MessageCount);
            foreach (var (wish, result) in mine)
            {
                var other = stored.GetValueOrDefault(wish.Id!.Value).Wish;
                if (result.Refusal is { } refusal)
                {
                    Assert.Equal(0, refusal.Index);
                    Assert.Equal(
                        refusal.Reason,
                        wish.UserId != state.UserId
                            ? StoreRefusalReason.OtherOwner
                            : StoreRefusalReason.ConflictingContent
                    );
                    Assert.True(wish.UserId != state.UserId || other.Content != wish.Content);
                    continue;
                }

                Assert.Equal(1, result.Stored + result.Duplicates);
                Assert.Equal((wish.Id, wish.Content), (Assert.Single(result.Messages).Id, other.Content));
                Assert.Equal(conversation, Assert.Single(result.Conversations).Id);
            }
        }
    }

    [Fact]
    public async Task Of_the_same_follow_up_wanted_by_a_crowd_one_is_made_and_all_learn_its_id()
    {
        var users = Ids(5);
        var wishes = Enumerable
            .Range(0, 300)
            .Select(i => new NewFollowUp { Trigger = FollowUpTrigger.EmotionBased, UserId = users[i % users.Length] })
            .ToArray();

        var results = await CrowdAsync(
            wishes,
            async wish =>
                (await host.Modules.Send(new ScheduleFollowUps([wish]), Token)) is [var only]
                    ? only
                    : throw new InvalidDataException()
        );

        Assert.Equal(users.Length, results.Count(result => result.Outcome == ScheduleOutcome.Scheduled));
        Assert.All(wishes.Zip(results), pair => Assert.Equal(pair.First.UserId, pair.Second.FollowUp!.UserId));
        Assert.Equal(users.Length, results.Select(result => result.FollowUp!.Id).Distinct().Count());
    }

    [Fact]
    public async Task What_is_not_valid_is_refused_before_it_joins_anybody()
    {
        var conversation = Some.Id();
        var writes = Enumerable
            .Range(0, 40)
            .Select(i =>
                host.Modules.Send(
                    new StoreMessages([Some.Message(conversation) with { Content = i % 2 == 0 ? "Fine" : "" }]),
                    Token
                )
            )
            .ToArray();

        for (var i = 0; i < writes.Length; i++)
        {
            if (i % 2 == 0)
            {
                Assert.Equal(1, (await writes[i]).Stored);
            }
            else
            {
                await Assert.ThrowsAsync<ValidationException>(() => writes[i]);
            }
        }
    }

    [Fact]
    public async Task A_row_that_another_transaction_holds_stops_those_alone_that_need_it()
    {
        var (conversation, user) = (Some.Id(), Some.Id());
        await host.Modules.Send(new StoreMessages([Some.Message(conversation)]), Token);
        await host.Modules.Send(new ScheduleFollowUps([CheckIn(user)]), Token);
        await using var holder = new NpgsqlConnection(host.ConnectionString);
        await holder.OpenAsync(Token);
        await using var hold = await holder.BeginTransactionAsync(Token);
        await LockAsync(holder, "SELECT FROM conversations.conversations WHERE id = $1 FOR UPDATE", conversation);
        await LockAsync(holder, "SELECT FROM followups.recipients WHERE user_id = $1 FOR UPDATE", user);
        var (stuck, free) = (new List<Task>(), new List<Task>());

        for (var wave = 0; wave < 20; wave++)
        {
            stuck.Add(host.Modules.Send(new StoreMessages([Some.Message(conversation)]), Token));
            stuck.Add(host.Modules.Send(new ScheduleFollowUps([CheckIn(user)]), Token));
            for (var i = 0; i < 8; i++)
            {
                free.Add(host.Modules.Send(new StoreMessages([Some.Message(Some.Id())]), Token));
                free.Add(host.Modules.Send(new ScheduleFollowUps([CheckIn(Some.Id())]), Token));
            }

            // What comes in one wave joins; the next shall find it in flight.
            await Task.Delay(20, Token);
        }

        await Task.WhenAll(free);

        Assert.All(stuck, one => Assert.False(one.IsCompleted));
        await hold.CommitAsync(Token);
        await Task.WhenAll(stuck);
        Assert.Equal(21, (await host.Modules.Send(new GetConversation(conversation), Token))!.MessageCount);
    }

    private static NewFollowUp CheckIn(string user) => new() { Trigger = FollowUpTrigger.EmotionBased, UserId = user };

    private static async Task LockAsync(NpgsqlConnection holder, string sql, string id)
    {
        await using var command = new NpgsqlCommand(sql, holder) { Parameters = { new() { Value = id } } };
        await command.ExecuteNonQueryAsync(Token);
    }

    private static string[] Ids(int count) => [.. Enumerable.Range(0, count).Select(_ => Some.Id())];

    private static Task<TResult[]> CrowdAsync<TWish, TResult>(
        IEnumerable<TWish> wishes,
        Func<TWish, Task<TResult>> ask
    ) => Task.WhenAll(wishes.Select(wish => Task.Run(() => ask(wish), Token)));
}
