using Conversations.Contracts;
using FluentValidation;
using Npgsql;
using Testing;

namespace Conversations.Tests.Features;

public sealed class StoreMessagesTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    private Task<StoreMessagesResult> Store(params NewMessage[] messages) =>
        host.Modules.Send(new StoreMessages(messages), TestContext.Current.CancellationToken);

    [Fact]
    public async Task First_message_creates_the_conversation_with_its_owner_and_mood()
    {
        var id = Some.Id();

        var result = await Store(Some.Message(id, 0.8, Noon) with { UserId = "guest", Channel = "whatsapp" });

        Assert.Equal(1, result.Stored);
        var conversation = Assert.Single(result.Conversations);
        Assert.Equal("guest", conversation.UserId);
        Assert.Equal(1, conversation.MessageCount);
        Assert.Equal(0.8, conversation.AverageEmotionScore);
        Assert.Equal(EmotionTrend.Stable, conversation.EmotionTrend);
        Assert.Equal(Noon, conversation.LastActivityAt);
        Assert.Equal(["whatsapp"], conversation.Channels);
    }

    [Fact]
    public async Task Same_id_again_changes_nothing_and_answers_with_what_is_stored()
    {
        var message = Some.Message(Some.Id(), 0.5);
        var first = await Store(message);

        var again = await Store(message);

        Assert.Equal((0, 1), (again.Stored, again.Duplicates));
        Assert.Equal(first.Messages[0].SentAt, again.Messages[0].SentAt);
        Assert.Equal(1, again.Conversations[0].MessageCount);
    }

    [Fact]
    public async Task Same_id_with_other_content_is_a_conflict_and_nothing_of_the_batch_is_written()
    {
        var message = Some.Message(Some.Id());
        await Store(message);
        var fresh = Some.Message(Some.Id());

        var result = await Store(fresh, message with { Content = "Something else" });

        Assert.Equal(new StoreRefusal(StoreRefusalReason.ConflictingContent, 1), result.Refusal);
        Assert.Null(
            await host.Modules.Send(new GetConversation(fresh.ConversationId), TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task One_that_may_not_wait_for_a_lock_ends_and_has_written_nothing()
    {
        var (held, other) = (Some.Id(), Some.Id());
        await Store(Some.Message(held));
        await using var holder = new NpgsqlConnection(host.ConnectionString);
        await holder.OpenAsync(TestContext.Current.CancellationToken);
        await using var hold = await holder.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using var locking = new NpgsqlCommand(
            "SELECT FROM conversations.conversations WHERE id = $1 FOR UPDATE",
            holder
        )
        {
            Parameters = { new() { Value = held } },
        };
        await locking.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var impatient = new StoreMessages([Some.Message(held), Some.Message(other)])
        {
            MaxLockWait = TimeSpan.FromMilliseconds(1),
        };

        var refusal = await Assert.ThrowsAsync<PostgresException>(() =>
            host.Modules.Send(impatient, TestContext.Current.CancellationToken)
        );

        Assert.Equal(PostgresErrorCodes.LockNotAvailable, refusal.SqlState);
        Assert.Null(await host.Modules.Send(new GetConversation(other), TestContext.Current.CancellationToken));
        await hold.CommitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            2,
            (await host.Modules.Send(impatient, TestContext.Current.CancellationToken)).Conversations.Count
        );
        await Assert.ThrowsAsync<ValidationException>(() =>
            host.Modules.Send(impatient with { MaxLockWait = TimeSpan.Zero }, TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task Another_user_cannot_write_into_an_owned_conversation()
    {
        var id = Some.Id();
        await Store(Some.Message(id), Some.Message(id) with { UserId = "owner" });

        var result = await Store(Some.Message(id) with { UserId = "stranger" });

        Assert.Equal(new StoreRefusal(StoreRefusalReason.OtherOwner, 0), result.Refusal);
    }

    [Fact]
    public async Task The_first_that_names_a_user_owns_what_was_said_before_too()
    {
        var (id, user) = (Some.Id(), Some.Id());
        var anonymous = Some.Message(id, sentAt: Noon);
        await Store(anonymous);
        await Store(Some.Message(id, sentAt: Noon.AddMinutes(1)) with { UserId = user });

        var again = await Store(anonymous);

        Assert.Equal((1, user), (again.Duplicates, again.Messages[0].UserId));
        Assert.Equal(
            new StoreRefusal(StoreRefusalReason.OtherOwner, 1),
            (await Store(Some.Message(id), Some.Message(id) with { UserId = Some.Id() })).Refusal
        );
        Assert.Equal(
            new StoreRefusal(StoreRefusalReason.ConflictingContent, 0),
            (await Store(anonymous with { UserId = user })).Refusal
        );
    }

    [Fact]
    public async Task Two_users_in_one_new_conversation_are_refused_and_nothing_is_kept()
    {
        var id = Some.Id();

        var result = await Store(
            Some.Message(id, sentAt: Noon) with
            {
                UserId = "one",
            },
            Some.Message(id, sentAt: Noon.AddMinutes(1)) with
            {
                UserId = "two",
            }
        );

        Assert.Equal(new StoreRefusal(StoreRefusalReason.OtherOwner, 1), result.Refusal);
        Assert.Null(await host.Modules.Send(new GetConversation(id), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_same_twice_in_a_batch_is_one_and_other_content_is_a_conflict_that_says_where()
    {
        var message = Some.Message(Some.Id(), 0.5, Noon.AddTicks(10));

        var once = await Store(message, message with { SentAt = null }, message with { SentAt = Noon.AddTicks(17) });
        var other = await Store(Some.Message(message.ConversationId), message, message with { Channel = "sms" });

        Assert.Equal((1, 2), (once.Stored, once.Duplicates));
        Assert.Equal(1, once.Conversations[0].MessageCount);
        Assert.All(once.Messages, stored => Assert.Equal(Noon.AddTicks(10), stored.SentAt));
        Assert.Equal(new StoreRefusal(StoreRefusalReason.ConflictingContent, 2), other.Refusal);
    }

    [Fact]
    public async Task Each_part_of_the_content_decides_and_nothing_else()
    {
        var message = Some.Message(Some.Id(), 0.5, Noon) with
        {
            Emotion = new Emotion(0.5, "joy", []),
            Metadata = System.Text.Json.JsonElement.Parse("{}"),
        };
        await Store(message);

        foreach (
            var same in (NewMessage[])
                [
                    message,
                    message with
                    {
                        SentAt = null,
                    },
                    message with
                    {
                        Emotion = new Emotion(0.5, "joy"),
                    },
                    message with
                    {
                        Metadata = null,
                        Usage = new TokenUsage(1, 1),
                    },
                    message with
                    {
                        SentAt = Noon.ToOffset(TimeSpan.FromHours(5)),
                    },
                ]
        )
        {
            Assert.Equal(1, (await Store(same)).Duplicates);
        }

        foreach (
            var other in (NewMessage[])
                [
                    message with
                    {
                        Role = MessageRole.Assistant,
                    },
                    message with
                    {
                        Content = "Is the tasting still on for Friday",
                    },
                    message with
                    {
                        UserId = "guest",
                    },
                    message with
                    {
                        Channel = "sms",
                    },
                    message with
                    {
                        SentAt = Noon.AddTicks(10),
                    },
                    message with
                    {
                        Emotion = null,
                    },
                    message with
                    {
                        Emotion = new Emotion(0.5, "joy", ["joy"]),
                    },
                ]
        )
        {
            Assert.Equal(StoreRefusalReason.ConflictingContent, (await Store(other)).Refusal!.Reason);
        }
    }

    [Fact]
    public async Task The_same_id_in_another_conversation_is_another_message()
    {
        var message = Some.Message(Some.Id());
        await Store(message);

        Assert.Equal(1, (await Store(message with { ConversationId = Some.Id(), Content = "Other" })).Stored);
    }

    // Whoever comes first is stored; the rest learn the same, or that theirs is another.
    [Fact]
    public async Task Racing_writers_of_one_id_store_it_once()
    {
        for (var round = 0; round < 20; round++)
        {
            var message = Some.Message(Some.Id(), 0.5, Noon);
            var results = await Task.WhenAll(
                Enumerable
                    .Range(0, 16)
                    .Select(i =>
                        Store(
                            Some.Message(message.ConversationId),
                            i % 4 == 3 ? message with { Content = "Other" } : message
                        )
                    )
            );

            var kept = results.Where(result => result.Refusal is null).ToArray();
            Assert.Equal(kept.Length + 1, kept.Sum(result => result.Stored));
            Assert.Single(kept.Select(result => result.Messages[1].Content).Distinct());
            Assert.Equal(kept[0].Messages[1].Content == "Other" ? 4 : 12, kept.Length);
            Assert.All(
                results.Where(result => result.Refusal is not null),
                result => Assert.Equal(new StoreRefusal(StoreRefusalReason.ConflictingContent, 1), result.Refusal)
            );
            var conversation = await host.Modules.Send(
                new GetConversation(message.ConversationId),
                TestContext.Current.CancellationToken
            );
            Assert.Equal(kept.Length + 1, conversation!.MessageCount);
        }
    }

    [Fact]
    public async Task Any_order_and_grouping_leaves_the_same_statistics()
    {
        var scores = Enumerable.Range(0, 25).Select(i => i % 7 / 10.0).ToArray();
        var inOrder = Some.Id();
        foreach (var (score, i) in scores.Select((score, i) => (score, i)))
        {
            await Store(Some.Message(inOrder, score, Noon.AddMinutes(i)));
        }

        var shuffled = Some.Id();
        var late = scores
            .Select((score, i) => Some.Message(shuffled, score, Noon.AddMinutes(i)))
            .OrderBy(m => m.Id!.Value.ToString()[^4..])
            .ToArray();
        await Store(late[..10]);
        await Store(late[5..]);

        var expected = (await host.Modules.Send(new GetConversation(inOrder), TestContext.Current.CancellationToken))!;
        var actual = (await host.Modules.Send(new GetConversation(shuffled), TestContext.Current.CancellationToken))!;
        Assert.Equal(expected.MessageCount, actual.MessageCount);
        Assert.Equal(expected.AverageEmotionScore, actual.AverageEmotionScore);
        Assert.Equal(expected.EmotionTrend, actual.EmotionTrend);
        Assert.Equal(scores[^10..].Average(), actual.AverageEmotionScore!.Value, 9);
    }

    [Fact]
    public async Task Thirty_two_writers_on_four_conversations_leave_exact_statistics()
    {
        var ids = Enumerable.Range(0, 4).Select(_ => Some.Id()).ToArray();
        var messages = Enumerable
            .Range(0, 640)
            .Select(i => Some.Message(ids[i % 4], (i * 37 % 101) / 100.0, Noon.AddSeconds(i * 7919 % 640)))
            .ToArray();

        await Parallel.ForEachAsync(
            messages.Chunk(5),
            new ParallelOptions { MaxDegreeOfParallelism = 32 },
            async (chunk, _) => await Store(chunk)
        );

        foreach (var id in ids)
        {
            var own = messages
                .Where(m => m.ConversationId == id)
                .OrderByDescending(m => m.SentAt)
                .ThenByDescending(m => m.Id)
                .ToArray();
            var conversation = (
                await host.Modules.Send(new GetConversation(id), TestContext.Current.CancellationToken)
            )!;
            Assert.Equal(own.Length, conversation.MessageCount);
            Assert.Equal(
                own.Take(10).Average(m => m.Emotion!.Score!.Value),
                conversation.AverageEmotionScore!.Value,
                9
            );
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(1.01)]
    [InlineData(-0.01)]
    public async Task A_score_outside_zero_to_one_is_refused_by_name(double score)
    {
        var refused = await Assert.ThrowsAsync<FluentValidation.ValidationException>(() =>
            Store(Some.Message(Some.Id(), score))
        );

        Assert.Equal("messages[0].emotion.score", Assert.Single(refused.Errors).PropertyName);
    }
}
