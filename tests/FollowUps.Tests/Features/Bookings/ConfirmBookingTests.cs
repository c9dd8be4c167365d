using Conversations.Contracts;
using FollowUps.Contracts;
using FollowUps.Dispatch;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Testing;

namespace FollowUps.Tests.Features.Bookings;

public sealed class ConfirmBookingTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Evening = new(2031, 11, 5, 18, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static ConfirmBooking Booking(DateTimeOffset? eventAt = null) =>
        new(Some.Id(), Some.Id(), Some.Id(), eventAt ?? Evening);

    private async Task<IReadOnlyList<ListedFollowUp>> FollowUpsOf(string user) =>
        (await host.Modules.Send(new ListFollowUps(user), Token)).Items;

    [Fact]
    public async Task Message_is_stored_and_the_follow_up_scheduled_a_day_after_the_event()
    {
        var booking = Booking() with { Message = "See you on Wednesday." };

        var result = await host.Modules.Send(booking, Token);

        Assert.Equal((ScheduleOutcome.Scheduled, null), (result.Schedule!.Outcome, result.Schedule.Reason));
        Assert.Equal(
            (Evening.AddDays(1), booking.BookingId),
            (result.Schedule.FollowUp!.ScheduledAt, result.Schedule.FollowUp.BookingId)
        );
        var history = await host.Modules.Send(new GetMessages(booking.ConversationId), Token);
        var message = Assert.Single(history!.Items);
        Assert.Equal(
            (result.Message!.Id, "See you on Wednesday.", MessageRole.Assistant),
            (message.Id, message.Content, message.Role)
        );
        Assert.Equal(1, result.Conversation!.MessageCount);
    }

    [Fact]
    public async Task Same_confirmation_again_stores_and_schedules_nothing_new()
    {
        var booking = Booking();
        var first = await host.Modules.Send(booking, Token);

        var again = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => host.Modules.Send(booking, Token)));

        Assert.All(
            again,
            result =>
            {
                Assert.Equal(ScheduleOutcome.Duplicate, result.Schedule!.Outcome);
                Assert.Equal(first.Schedule!.FollowUp!.Id, result.Schedule.FollowUp!.Id);
                Assert.Equal(1, result.Conversation!.MessageCount);
            }
        );
    }

    [Fact]
    public async Task What_was_sent_for_a_booking_is_not_scheduled_again()
    {
        var booking = Booking(DateTimeOffset.UtcNow.AddDays(-2));
        var id = (await host.Modules.Send(booking, Token)).Schedule!.FollowUp!.Id;
        await Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(id), Token) is { Status: FollowUpStatus.Executed } sent
                ? sent
                : null
        );

        var again = await host.Modules.Send(booking, Token);

        Assert.Equal((ScheduleOutcome.Duplicate, id), (again.Schedule!.Outcome, again.Schedule.FollowUp!.Id));
    }

    [Fact]
    public async Task Late_confirmation_follows_the_later_move()
    {
        var booking = Booking() with { OccurredAt = Evening.AddDays(-20) };
        await host.Modules.Send(
            new RescheduleBooking(booking.BookingId, Evening.AddDays(3), Evening.AddDays(-10)),
            Token
        );

        var result = await host.Modules.Send(booking, Token);

        Assert.Equal(Evening.AddDays(4), result.Schedule!.FollowUp!.ScheduledAt);
        Assert.Equal(Evening.AddDays(3), result.Schedule.FollowUp.EventAt);
    }

    [Fact]
    public async Task Late_confirmation_does_not_revive_a_cancelled_booking()
    {
        var booking = Booking() with { OccurredAt = Evening.AddDays(-20) };
        await host.Modules.Send(new CancelBooking(booking.BookingId, Evening.AddDays(-10)), Token);

        var late = await host.Modules.Send(booking, Token);
        var anew = await host.Modules.Send(booking with { OccurredAt = Evening.AddDays(-5) }, Token);

        Assert.Equal(new ScheduleResult(ScheduleOutcome.Suppressed, "booking_cancelled", null), late.Schedule);
        Assert.Equal(ScheduleOutcome.Scheduled, anew.Schedule!.Outcome);
    }

    [Fact]
    public async Task Confirmation_said_again_without_its_time_undoes_nothing()
    {
        var (booking, other) = (Booking(), Booking());
        await host.Modules.Send(booking, Token);
        await host.Modules.Send(new RescheduleBooking(booking.BookingId, Evening.AddDays(3)), Token);
        await host.Modules.Send(other, Token);
        await host.Modules.Send(new CancelBooking(other.BookingId), Token);

        var moved = await host.Modules.Send(booking, Token);
        var cancelled = await host.Modules.Send(other, Token);
        var revived = await host.Modules.Send(other with { OccurredAt = DateTimeOffset.UtcNow.AddDays(1) }, Token);

        Assert.Equal(
            (ScheduleOutcome.Duplicate, Evening.AddDays(4)),
            (moved.Schedule!.Outcome, moved.Schedule.FollowUp!.ScheduledAt)
        );
        Assert.Equal(new ScheduleResult(ScheduleOutcome.Suppressed, "booking_cancelled", null), cancelled.Schedule);
        Assert.Equal(ScheduleOutcome.Scheduled, revived.Schedule!.Outcome);
    }

    // A party: each was told, and each is followed up with. It is one booking, that takes place once or not at all.
    [Fact]
    public async Task Booking_of_several_customers_is_followed_up_with_each_and_moves_and_ends_for_all()
    {
        var one = Booking() with { OccurredAt = Evening.AddDays(-20) };
        var other = one with
        {
            UserId = Some.Id(),
            ConversationId = Some.Id(),
            EventAt = Evening.AddDays(1),
            OccurredAt = Evening.AddDays(-19),
        };
        string[] party = [one.UserId, other.UserId];
        async Task<IEnumerable<(FollowUpStatus, DateTimeOffset)>> FollowUpsAsync()
        {
            var all = new List<(FollowUpStatus, DateTimeOffset)>();
            foreach (var user in party)
            {
                var followUp = Assert.Single(await FollowUpsOf(user));
                all.Add((followUp.Status, followUp.ScheduledAt));
            }

            return all.Distinct();
        }

        await host.Modules.Send(one, Token);
        var second = await host.Modules.Send(other, Token);
        var confirmed = await FollowUpsAsync();
        var moved = await host.Modules.Send(
            new RescheduleBooking(one.BookingId, Evening.AddDays(5), Evening.AddDays(-18)),
            Token
        );
        var later = await FollowUpsAsync();
        var cancelled = await host.Modules.Send(new CancelBooking(one.BookingId, Evening.AddDays(-17)), Token);
        var ended = await FollowUpsAsync();

        Assert.Equal(ScheduleOutcome.Scheduled, second.Schedule!.Outcome);
        Assert.Equal([(FollowUpStatus.Pending, Evening.AddDays(2))], confirmed);
        Assert.Equal([(FollowUpStatus.Pending, Evening.AddDays(6))], later);
        Assert.Equal([(FollowUpStatus.Cancelled, Evening.AddDays(6))], ended);
        Assert.Equal((2, 2), (moved.FollowUps, cancelled.FollowUps));
    }

    [Fact]
    public async Task Refused_confirmation_of_what_is_over_reaches_nobody()
    {
        var conversation = Some.Id();
        await host.Modules.Send(new StoreMessages([Some.Message(conversation) with { UserId = Some.Id() }]), Token);
        var refused = Enumerable
            .Range(0, 10)
            .Select(_ => Booking() with { ConversationId = conversation, EventAt = DateTimeOffset.UtcNow.AddDays(-2) })
            .ToList();

        foreach (var booking in refused)
        {
            Assert.Equal(BookingRefusal.OtherOwner, (await host.Modules.Send(booking, Token)).Refusal);
        }

        foreach (var booking in refused)
        {
            Assert.Empty(await FollowUpsOf(booking.UserId));
        }
    }

    [Fact]
    public async Task Refused_message_leaves_nothing_behind()
    {
        var (conversation, booking) = (Some.Id(), Booking());
        await host.Modules.Send(new StoreMessages([Some.Message(conversation) with { UserId = Some.Id() }]), Token);

        var refused = await host.Modules.Send(booking with { ConversationId = conversation }, Token);
        var other = await host.Modules.Send(new CompleteBooking(booking.BookingId, DateTimeOffset.UnixEpoch), Token);

        Assert.Equal(BookingRefusal.OtherOwner, refused.Refusal);
        Assert.Null(refused.Schedule);
        Assert.Empty(await FollowUpsOf(booking.UserId));
        Assert.Equal(BookingState.Completed, other.State);
    }

    [Fact]
    public async Task Refused_message_puts_the_booking_back_as_it_was()
    {
        var (conversation, booking) = (Some.Id(), Booking() with { OccurredAt = Evening.AddDays(-20) });
        await host.Modules.Send(new StoreMessages([Some.Message(conversation) with { UserId = Some.Id() }]), Token);
        await host.Modules.Send(new CancelBooking(booking.BookingId, Evening.AddDays(-30)), Token);

        await host.Modules.Send(booking with { ConversationId = conversation }, Token);

        var state = await host.Modules.Send(new CompleteBooking(booking.BookingId, Evening.AddDays(-40)), Token);
        Assert.Equal(BookingState.Cancelled, state.State);
    }

    public enum Before
    {
        NewCustomer,
        LikePending,
        LikePendingAndCounted,
        OptedOutAndCounted,
        OnlyCancelled,
        Moved,
        AnothersToo,
    }

    public static readonly MatrixTheoryData<Before, bool> Cases = new(Enum.GetValues<Before>(), [false, true]);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Refused_message_leaves_every_row_as_it_was(Before before, bool older)
    {
        var (conversation, taken) = (Some.Id(), Some.Id());
        var booking = Booking() with { ConversationId = conversation, OccurredAt = Evening.AddDays(-20) };
        await host.Modules.Send(new StoreMessages([Some.Message(taken) with { UserId = Some.Id() }]), Token);
        switch (before)
        {
            case Before.LikePending:
                await host.Modules.Send(booking, Token);
                break;
            case Before.LikePendingAndCounted:
                await host.Modules.Send(booking, Token);
                await host.Modules.Send(booking, Token);
                break;
            case Before.OptedOutAndCounted:
                await host.Modules.Send(new PutRecipient { UserId = booking.UserId, OptOut = ["all"] }, Token);
                await host.Modules.Send(booking with { BookingId = Some.Id() }, Token);
                break;
            case Before.OnlyCancelled:
                await host.Modules.Send(new CancelBooking(booking.BookingId, booking.OccurredAt), Token);
                break;
            case Before.Moved:
                await host.Modules.Send(booking, Token);
                await host.Modules.Send(
                    new RescheduleBooking(booking.BookingId, Evening.AddDays(3), booking.OccurredAt),
                    Token
                );
                break;
            case Before.AnothersToo:
                await host.Modules.Send(booking, Token);
                await host.Modules.Send(booking with { UserId = Some.Id(), ConversationId = Some.Id() }, Token);
                break;
        }

        var rows = await RowsAsync(booking);
        var refused = await host.Modules.Send(
            booking with
            {
                ConversationId = taken,
                EventAt = Evening.AddDays(9),
                OccurredAt = booking.OccurredAt!.Value.AddDays(older ? -1 : 1),
            },
            Token
        );

        Assert.Equal(BookingRefusal.OtherOwner, refused.Refusal);
        Assert.Equal(before == Before.NewCustomer, rows.Count == 0);
        Assert.Equal(rows, await RowsAsync(booking));
    }

    // Of every table of the module, those that name the customer or the booking.
    private async Task<IReadOnlyList<string>> RowsAsync(ConfirmBooking booking)
    {
        await using var database = NpgsqlDataSource.Create(host.ConnectionString);
        var rows = new List<string>();
        await using var command = database.CreateCommand(
            """
            SELECT format('%s %s', table_name, row)
            FROM information_schema.tables t
            CROSS JOIN LATERAL unnest(xpath('//row', query_to_xml(
                format('SELECT to_jsonb(x) AS row FROM followups.%I x WHERE x::text LIKE ANY (ARRAY[%L, %L])', table_name,
                    '%' || $1 || '%', '%' || $2 || '%'), true, false, ''))) AS row
            WHERE t.table_schema = 'followups'
            ORDER BY 1
            """
        );
        command.Parameters.Add(new() { Value = booking.UserId });
        command.Parameters.Add(new() { Value = booking.BookingId });
        await using var row = await command.ExecuteReaderAsync(Token);
        while (await row.ReadAsync(Token))
        {
            rows.Add(row.GetString(0));
        }

        return rows;
    }
}

// What follows from a confirmation is due already, and sent by whoever looks, while its message is still being stored.
public sealed class SettlingTests(StoppedHostFixture host) : IClassFixture<StoppedHostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_leaves_while_the_message_may_be_refused()
    {
        var (conversation, user) = (Some.Id(), Some.Id());

        var (meanwhile, result) = await ConfirmAsync(conversation, user, owner: Some.Id());
        var later = await DispatchAsync();

        Assert.Equal(BookingRefusal.OtherOwner, result.Refusal);
        Assert.Equal((0, 0), (meanwhile, later));
        Assert.Empty((await host.Modules.Send(new ListFollowUps(user), Token)).Items);
        Assert.Empty((await host.Modules.Send(new ListOutbox(user), Token)).Items);
    }

    [Fact]
    public async Task Once_it_was_stored_it_leaves()
    {
        var (conversation, user) = (Some.Id(), Some.Id());

        var (meanwhile, _) = await ConfirmAsync(conversation, user, owner: user);
        var later = await DispatchAsync();

        Assert.Equal((0, 1), (meanwhile, later));
        Assert.Single((await host.Modules.Send(new ListOutbox(user), Token)).Items);
    }

    // How many were claimed while the conversation was in somebody else's hands, and what was answered then.
    private async Task<(int Meanwhile, ConfirmBookingResult Result)> ConfirmAsync(
        string conversation,
        string user,
        string owner
    )
    {
        await host.Modules.Send(new StoreMessages([Some.Message(conversation) with { UserId = owner }]), Token);
        await using var other = NpgsqlDataSource.Create(host.ConnectionString);
        await using var connection = await other.OpenConnectionAsync(Token);
        await using var held = await connection.BeginTransactionAsync(Token);
        await using var hold = new NpgsqlCommand(
            "SELECT FROM conversations.conversations WHERE id = $1 FOR UPDATE",
            connection
        )
        {
            Parameters = { new() { Value = conversation } },
        };
        await hold.ExecuteNonQueryAsync(Token);

        var confirming = host.Modules.Send(
            new ConfirmBooking(Some.Id(), user, conversation, host.Clock.Now.AddDays(-2)),
            Token
        );
        await Until.NotNull(async () =>
            (await host.Modules.Send(new ListFollowUps(user), Token)).Items is [var scheduled] ? scheduled : null
        );
        var meanwhile = await host.Services.GetRequiredService<Claims>().TakeAsync(TimeSpan.Zero, Token);
        await held.RollbackAsync(Token);
        return (meanwhile.Claims.Count, await confirming);
    }

    private async Task<int> DispatchAsync()
    {
        host.Clock.Now += TimeSpan.FromMinutes(1);
        return (await host.Modules.Send(new DispatchDueFollowUps(), Token)).Claimed;
    }
}
