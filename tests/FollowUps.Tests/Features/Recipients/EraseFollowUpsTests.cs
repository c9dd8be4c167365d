using Conversations.Contracts;
using FluentValidation;
using FollowUps.Contracts;
using Npgsql;
using Testing;

namespace FollowUps.Tests.Features.Recipients;

public sealed class EraseFollowUpsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Later = new(2031, 11, 5, 18, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<ScheduleResult> Schedule(NewFollowUp item) =>
        (await host.Modules.Send(new ScheduleFollowUps([item]), Token))[0];

    private async Task<FollowUp> Sent(string user)
    {
        var id = (await Schedule(Some.FollowUp(user, DateTimeOffset.UtcNow))).FollowUp!.Id;
        return await Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(id), Token) is { Status: FollowUpStatus.Executed } sent
                ? sent
                : null
        );
    }

    private Task<ErasedFollowUps> Erase(string user) => host.Modules.Send(new EraseFollowUps(user), Token);

    // Every row of every table of this module that names the text.
    private async Task<long> Rows(string text)
    {
        await using var database = NpgsqlDataSource.Create(host.ConnectionString);
        await using var command = database.CreateCommand(
            """
            SELECT (SELECT count(*) FROM followups.follow_ups t WHERE t::text LIKE '%' || $1 || '%')
                 + (SELECT count(*) FROM followups.outbox t WHERE t::text LIKE '%' || $1 || '%')
                 + (SELECT count(*) FROM followups.bookings t WHERE t::text LIKE '%' || $1 || '%')
                 + (SELECT count(*) FROM followups.refusals t WHERE t::text LIKE '%' || $1 || '%')
                 + (SELECT count(*) FROM followups.recipients t WHERE t::text LIKE '%' || $1 || '%')
                 + (SELECT count(*) FROM followups.erased t WHERE position(convert_to($1, 'UTF8') in t.key) > 0)
            """
        );
        command.Parameters.AddWithValue(text);
        return (long)(await command.ExecuteScalarAsync(Token))!;
    }

    [Fact]
    public async Task Everything_goes_once_and_is_counted_and_others_keep_theirs()
    {
        var (user, other) = (Some.Id(), Some.Id());
        await Sent(user);
        await Schedule(Some.FollowUp(user, Later));
        await host.Modules.Send(new ConfirmBooking($"{user}-1", user, Some.Id(), Later), Token);
        await host.Modules.Send(new ConfirmBooking($"{user}-1", user, Some.Id(), Later), Token);
        await host.Modules.Send(new CompleteBooking($"{user}-2", Later), Token);
        await Schedule(Some.FollowUp(user, Later.AddDays(1)) with { BookingId = $"{user}-2" });
        var kept = (await Schedule(Some.FollowUp(other, Later))).FollowUp!;

        var first = await Erase(user);
        var again = await Erase(user);

        Assert.Equal(new ErasedFollowUps(4, 1, 2, 1, 1), first);
        Assert.Equal(new ErasedFollowUps(0, 0, 0, 0, 0), again);
        Assert.Equal(0, await Rows(user));
        Assert.NotNull(await host.Modules.Send(new GetFollowUp(kept.Id), Token));
    }

    [Fact]
    public async Task Nobody_known_is_counted_as_nothing_and_refused_from_then_on()
    {
        var user = Some.Id();

        Assert.Equal(new ErasedFollowUps(0, 0, 0, 0, 0), await Erase(user));

        Assert.Equal(
            new ScheduleResult(ScheduleOutcome.Suppressed, ScheduleResult.Erased, null),
            await Schedule(Some.FollowUp(user, Later))
        );
        Assert.Equal(0, await Rows(user));
    }

    [Fact]
    public async Task In_a_batch_only_the_erased_are_refused()
    {
        var (erased, other) = (Some.Id(), Some.Id());
        await Erase(erased);

        var results = await host.Modules.Send(
            new ScheduleFollowUps([
                Some.FollowUp(erased, Later),
                Some.FollowUp(other, Later),
                Some.FollowUp(erased, Later.AddDays(1)),
                Some.FollowUp(other, Later.AddDays(1)),
            ]),
            Token
        );

        Assert.Equal(["erased", null, "erased", null], results.Select(result => result.Reason));
        Assert.Equal(0, await Rows(erased));
    }

    [Fact]
    public async Task A_booking_and_wishes_of_an_erased_customer_are_refused_and_not_kept()
    {
        var (user, conversation) = (Some.Id(), Some.Id());
        await host.Modules.Send(new EraseConversations(user), Token);
        await Erase(user);

        var confirmed = await host.Modules.Send(new ConfirmBooking($"{user}-1", user, conversation, Later), Token);
        var put = await host.Modules.Send(new PutRecipient { UserId = user, Locale = "de" }, Token);

        Assert.Equal(BookingRefusal.Erased, confirmed.Refusal);
        Assert.Null(put);
        Assert.Null(await host.Modules.Send(new GetRecipient(user), Token));
        Assert.Null(await host.Modules.Send(new GetConversation(conversation), Token));
        Assert.Equal(0, await Rows(user));
    }

    [Fact]
    public async Task Schedulers_beside_an_erasure_leave_nothing_behind()
    {
        for (var round = 0; round < 60; round++)
        {
            var user = Some.Id();
            await Schedule(Some.FollowUp(user, Later) with { BookingId = $"{user}-1" });
            await host.Modules.Send(new CompleteBooking($"{user}-1", Later), Token);

            await Task.WhenAll(
                Schedule(Some.FollowUp(user, Later.AddDays(1))),
                host.Modules.Send(
                    new ScheduleFollowUps([Some.FollowUp(at: Later), Some.FollowUp(user, Later.AddDays(2))]),
                    Token
                ),
                host.Modules.Send(new PutRecipient { UserId = user, Locale = "de" }, Token),
                Erase(user),
                Schedule(Some.FollowUp(user, Later.AddDays(3)) with { BookingId = $"{user}-2" })
            );

            Assert.Equal(0, await Rows(user));
        }
    }

    // The dispatcher is at every stage of its work when its follow-ups vanish.
    [Fact]
    public async Task Sending_beside_an_erasure_leaves_no_text_behind()
    {
        var users = Enumerable.Range(0, 80).Select(_ => Some.Id()).ToArray();
        await Parallel.ForEachAsync(
            users,
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token },
            async (user, token) =>
            {
                var now = DateTimeOffset.UtcNow;
                await host.Modules.Send(
                    new ScheduleFollowUps([
                        .. Enumerable
                            .Range(0, 5)
                            .Select(i =>
                                Some.FollowUp(user, now) with
                                {
                                    ConversationId = $"{user}-c",
                                    DedupeKey = $"{i}",
                                }
                            ),
                    ]),
                    token
                );
                await Task.Delay(Random.Shared.Next(12), token);
                await host.Modules.Send(new EraseConversations(user), token);
                await host.Modules.Send(new EraseFollowUps(user), token);
            }
        );

        // Claimed after all of them: what was on its way then has arrived.
        await Sent(Some.Id());
        await Sent(Some.Id());

        foreach (var user in users)
        {
            Assert.Equal(0, await Rows(user));
            Assert.Null(await host.Modules.Send(new GetConversation($"{user}-c"), Token));
        }
    }

    [Fact]
    public async Task No_user_is_refused() => await Assert.ThrowsAsync<ValidationException>(() => Erase(""));
}
