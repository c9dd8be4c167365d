using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Bookings;

public sealed class RescheduleBookingTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Evening = new(2031, 11, 5, 18, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Follow_up_moves_with_its_booking_and_says_why()
    {
        var booking = Some.Id();
        var confirmed = await host.Modules.Send(new ConfirmBooking(booking, Some.Id(), Some.Id(), Evening), Token);

        var moved = await host.Modules.Send(new RescheduleBooking(booking, Evening.AddDays(7)), Token);
        var again = await host.Modules.Send(new RescheduleBooking(booking, Evening.AddDays(7)), Token);

        Assert.Equal(new BookingResult(booking, BookingState.Rescheduled, 1), moved);
        Assert.Equal(new BookingResult(booking, BookingState.Rescheduled, 0), again);
        var followUp = await host.Modules.Send(new GetFollowUp(confirmed.Schedule!.FollowUp!.Id), Token);
        Assert.Equal(
            (Evening.AddDays(8), Evening.AddDays(7), Evening.AddDays(15)),
            (followUp!.ScheduledAt, followUp.EventAt, followUp.NotAfter)
        );
        Assert.Equal(["scheduled", "moved"], followUp.Decisions.Select(decision => decision.Decision));
    }

    [Fact]
    public async Task Earlier_move_that_arrives_late_changes_nothing()
    {
        var booking = Some.Id();
        var confirmed = await host.Modules.Send(
            new ConfirmBooking(booking, Some.Id(), Some.Id(), Evening, null, Evening.AddDays(-30)),
            Token
        );
        await host.Modules.Send(new RescheduleBooking(booking, Evening.AddDays(7), Evening.AddDays(-10)), Token);

        var late = await host.Modules.Send(
            new RescheduleBooking(booking, Evening.AddDays(2), Evening.AddDays(-20)),
            Token
        );

        Assert.Equal(0, late.FollowUps);
        var followUp = await host.Modules.Send(new GetFollowUp(confirmed.Schedule!.FollowUp!.Id), Token);
        Assert.Equal(Evening.AddDays(8), followUp!.ScheduledAt);
    }

    [Fact]
    public async Task Follow_up_moved_into_the_past_goes_at_once()
    {
        var booking = Some.Id();
        var confirmed = await host.Modules.Send(new ConfirmBooking(booking, Some.Id(), Some.Id(), Evening), Token);

        await host.Modules.Send(new RescheduleBooking(booking, DateTimeOffset.UtcNow.AddDays(-2)), Token);

        var sent = await Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(confirmed.Schedule!.FollowUp!.Id), Token)
                is { Status: FollowUpStatus.Executed } executed
                ? executed
                : null
        );
        Assert.Equal(["scheduled", "moved", "sent"], sent.Decisions.Select(decision => decision.Decision));
    }

    [Fact]
    public async Task Reports_in_any_order_and_number_end_in_the_same_state()
    {
        var reports = new Func<string, IEnumerable<Task<BookingResult>>>(booking =>
            [
                host.Modules.Send(new RescheduleBooking(booking, Evening.AddDays(1), Evening.AddDays(-9)), Token),
                host.Modules.Send(new RescheduleBooking(booking, Evening.AddDays(2), Evening.AddDays(-8)), Token),
                host.Modules.Send(new CancelBooking(booking, Evening.AddDays(-7)), Token),
                host.Modules.Send(new CompleteBooking(booking, Evening.AddDays(-6)), Token),
                host.Modules.Send(new CancelBooking(booking, Evening.AddDays(-7)), Token),
            ]
        );
        var bookings = Enumerable.Range(0, 20).Select(_ => Some.Id()).ToArray();

        await Task.WhenAll(bookings.SelectMany(booking => reports(booking).OrderBy(_ => Guid.NewGuid())));

        foreach (var booking in bookings)
        {
            var late = await host.Modules.Send(
                new ConfirmBooking(booking, Some.Id(), Some.Id(), Evening, null, Evening.AddDays(-10)),
                Token
            );
            Assert.Equal(Evening.AddDays(3), late.Schedule!.FollowUp!.ScheduledAt);
            Assert.Equal(
                BookingState.Completed,
                (await host.Modules.Send(new RecordNoShow(booking, Evening.AddDays(-11)), Token)).State
            );
        }
    }

    private async Task<(string User, FollowUp First, ConfirmBooking Second, FollowUp Own)> TwoBookingsAsync()
    {
        var user = Some.Id();
        var first = await host.Modules.Send(new ConfirmBooking(Some.Id(), user, Some.Id(), Evening), Token);
        var second = new ConfirmBooking(Some.Id(), user, Some.Id(), Evening.AddDays(9));
        var own = await host.Modules.Send(second, Token);
        return (user, first.Schedule!.FollowUp!, second, own.Schedule!.FollowUp!);
    }

    private async Task<IReadOnlyList<ListedFollowUp>> PendingOf(string user) =>
        (await host.Modules.Send(new ListFollowUps(user, FollowUpStatus.Pending), Token)).Items;

    [Fact]
    public async Task Follow_up_moved_next_to_another_of_the_customer_is_dropped_and_names_that()
    {
        var (user, first, second, own) = await TwoBookingsAsync();

        var moved = await host.Modules.Send(new RescheduleBooking(second.BookingId, Evening.AddHours(24)), Token);

        Assert.Equal(new BookingResult(second.BookingId, BookingState.Rescheduled, 1), moved);
        Assert.Equal(first.Id, Assert.Single(await PendingOf(user)).Id);
        var dropped = (await host.Modules.Send(new GetFollowUp(own.Id), Token))!;
        Assert.Equal((FollowUpStatus.Cancelled, "duplicate"), (dropped.Status, dropped.CancelReason));
        Assert.Equal(["scheduled", "moved", "cancelled"], dropped.Decisions.Select(d => d.Decision));
        Assert.Equal($"{first.Id}", dropped.Decisions[^1].Inputs!.Value.GetProperty("followUpId").GetString());
    }

    [Fact]
    public async Task Moved_away_again_the_booking_gets_its_follow_up_anew_as_it_was_asked_for()
    {
        var (user, booking) = (Some.Id(), Some.Id());
        var asked = new NewFollowUp
        {
            Trigger = FollowUpTrigger.PostEvent,
            UserId = user,
            BookingId = booking,
            EventAt = Evening.AddDays(9),
            Delay = TimeSpan.FromHours(30),
            NotAfter = Evening.AddDays(11),
            TemplateId = "post_event_high_emotion",
            Variables = System.Text.Json.JsonSerializer.SerializeToElement(new { dish = "risotto" }),
        };
        await host.Modules.Send(new ConfirmBooking(Some.Id(), user, Some.Id(), Evening), Token);
        var dropped = (await host.Modules.Send(new ScheduleFollowUps([asked]), Token))[0].FollowUp!;
        await host.Modules.Send(new RescheduleBooking(booking, Evening), Token);

        var moved = await host.Modules.Send(new RescheduleBooking(booking, Evening.AddDays(20)), Token);
        var again = await host.Modules.Send(new RescheduleBooking(booking, Evening.AddDays(20)), Token);

        Assert.Equal((1, 0), (moved.FollowUps, again.FollowUps));
        var listed = Assert.Single(await PendingOf(user), f => f.BookingId == booking);
        var anew = (await host.Modules.Send(new GetFollowUp(listed.Id), Token))!;
        Assert.NotEqual(dropped.Id, anew.Id);
        Assert.Equal(
            (Evening.AddDays(20).AddHours(30), Evening.AddDays(22), "post_event_high_emotion"),
            (anew.ScheduledAt, anew.NotAfter, anew.TemplateId)
        );
        Assert.Equal("risotto", anew.Variables!.Value.GetProperty("dish").GetString());
    }

    [Fact]
    public async Task Booking_whose_confirmation_was_a_duplicate_gets_a_follow_up_when_either_of_the_two_moves_away()
    {
        foreach (var first in new[] { true, false })
        {
            var (user, one, other) = (Some.Id(), Some.Id(), Some.Id());
            await host.Modules.Send(new ConfirmBooking(one, user, Some.Id(), Evening), Token);
            var answer = await host.Modules.Send(
                new ConfirmBooking(other, user, Some.Id(), Evening.AddHours(3)),
                Token
            );

            var moved = await host.Modules.Send(new RescheduleBooking(first ? one : other, Evening.AddDays(5)), Token);

            Assert.Equal(ScheduleOutcome.Duplicate, answer.Schedule!.Outcome);
            Assert.Equal(first ? 2 : 1, moved.FollowUps);
            Assert.Equal(
                first
                    ? [(other, Evening.AddHours(27)), (one, Evening.AddDays(6))]
                    : [(one, Evening.AddDays(1)), (other, Evening.AddDays(6))],
                (await PendingOf(user)).Select(f => (f.BookingId!, f.ScheduledAt))
            );
        }
    }

    [Fact]
    public async Task What_somebody_cancelled_does_not_come_back()
    {
        var (user, _, second, own) = await TwoBookingsAsync();
        await host.Modules.Send(new CancelFollowUp(own.Id, "duplicate"), Token);

        await host.Modules.Send(new RescheduleBooking(second.BookingId, Evening.AddDays(20)), Token);

        Assert.Single(await PendingOf(user));
    }

    [Fact]
    public async Task What_came_anew_and_was_cancelled_then_does_not_come_back_either()
    {
        var (user, first, second, _) = await TwoBookingsAsync();
        await host.Modules.Send(new RescheduleBooking(second.BookingId, Evening), Token);
        await host.Modules.Send(new RescheduleBooking(second.BookingId, Evening.AddDays(20)), Token);
        var anew = Assert.Single(await PendingOf(user), f => f.Id != first.Id);
        await host.Modules.Send(new CancelFollowUp(anew.Id), Token);

        await host.Modules.Send(new RescheduleBooking(second.BookingId, Evening.AddDays(30)), Token);

        Assert.Equal(first.Id, Assert.Single(await PendingOf(user)).Id);
    }

    [Fact]
    public async Task Later_confirmation_moves_the_follow_up_as_well()
    {
        var booking = new ConfirmBooking(Some.Id(), Some.Id(), Some.Id(), Evening);
        var first = (await host.Modules.Send(booking, Token)).Schedule!.FollowUp!;

        var later = await host.Modules.Send(booking with { EventAt = Evening.AddDays(9) }, Token);

        Assert.Equal((ScheduleOutcome.Duplicate, first.Id), (later.Schedule!.Outcome, later.Schedule.FollowUp!.Id));
        Assert.Equal(Evening.AddDays(10), later.Schedule.FollowUp.ScheduledAt);
        Assert.Equal(first.Id, Assert.Single(await PendingOf(booking.UserId)).Id);
    }

    [Fact]
    public async Task Move_that_the_follow_up_learns_of_only_when_due_is_dropped_next_to_another()
    {
        var (user, first, second, own) = await TwoBookingsAsync();
        await host.ExecuteAsync(
            """
            WITH due AS (UPDATE followups.follow_ups SET next_at = now() WHERE id = $2)
            UPDATE followups.bookings SET event_at = event_at - interval '9 days' WHERE booking_id = $1
            """,
            second.BookingId,
            own.Id
        );

        var dropped = await Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(own.Id), Token) is { Status: FollowUpStatus.Cancelled } found
                ? found
                : null
        );

        Assert.Equal("duplicate", dropped.CancelReason);
        Assert.Equal($"{first.Id}", dropped.Decisions[^1].Inputs!.Value.GetProperty("followUpId").GetString());
        Assert.Single(await PendingOf(user));
    }

    [Fact]
    public async Task Bookings_moved_to_one_day_at_once_while_more_are_scheduled_leave_one()
    {
        var customers = await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(async _ =>
                {
                    var user = Some.Id();
                    var bookings = Enumerable.Range(1, 6).Select(i => $"{user}{i}").ToArray();
                    foreach (var (booking, i) in bookings.Select((b, i) => (b, i)))
                    {
                        await host.Modules.Send(
                            new ConfirmBooking(
                                booking,
                                user,
                                $"{user}c",
                                Evening.AddDays(2 * i),
                                null,
                                Evening.AddYears(-9)
                            ),
                            Token
                        );
                    }

                    return (User: user, Bookings: bookings);
                })
        );

        await Task.WhenAll(
            customers
                .SelectMany(c =>
                    c.Bookings.Select(
                            (b, i) =>
                                (Func<Task>)(
                                    () => host.Modules.Send(new RescheduleBooking(b, Evening.AddHours(480 + i)), Token)
                                )
                        )
                        .Append(() =>
                            host.Modules.Send(
                                new ConfirmBooking(Some.Id(), c.User, $"{c.User}c", Evening.AddDays(20)),
                                Token
                            )
                        )
                        .Append(() =>
                            host.Modules.Send(
                                new ScheduleFollowUps([
                                    new NewFollowUp
                                    {
                                        Trigger = FollowUpTrigger.PostEvent,
                                        UserId = c.User,
                                        EventAt = Evening.AddDays(20),
                                    },
                                ]),
                                Token
                            )
                        )
                )
                .OrderBy(_ => Random.Shared.Next())
                .Select(call => call())
        );

        foreach (var customer in customers)
        {
            Assert.Single(await PendingOf(customer.User));
        }
    }

    [Fact]
    public async Task Follow_up_due_by_the_clock_keeps_its_time_of_day_over_a_change_of_the_clocks()
    {
        var booking = Some.Id();
        var item = new NewFollowUp
        {
            Trigger = FollowUpTrigger.PostEvent,
            UserId = Some.Id(),
            BookingId = booking,
            EventAt = new DateTimeOffset(2031, 10, 20, 18, 0, 0, TimeSpan.Zero),
            LocalTime = "10:00",
            TimeZone = "Europe/Berlin",
        };
        var id = (await host.Modules.Send(new ScheduleFollowUps([item]), Token))[0].FollowUp!.Id;

        await host.Modules.Send(new RescheduleBooking(booking, Evening.AddHours(3)), Token);

        var moved = (await host.Modules.Send(new GetFollowUp(id), Token))!;
        Assert.Equal(new(2031, 11, 6, 9, 0, 0, TimeSpan.Zero), moved.ScheduledAt);
        Assert.Equal(moved.ScheduledAt.AddDays(7), moved.NotAfter);
    }

    [Theory]
    [InlineData("2031-11-05T18:00Z", "9000-12-31T18:00Z", "9000-12-31T18:00Z", 9900)]
    [InlineData("9000-12-31T18:00Z", "2031-11-05T18:00Z", "1900-01-01T00:00Z", 1900)]
    public async Task Move_beyond_the_calendar_ends_at_its_edge(string eventAt, string dueAt, string movedTo, int year)
    {
        var item = new NewFollowUp
        {
            Trigger = FollowUpTrigger.PostEvent,
            UserId = Some.Id(),
            BookingId = Some.Id(),
            EventAt = At(eventAt),
            Delay = TimeSpan.Zero,
            NotAfter = At("9000-12-31T18:00Z"),
        };
        var id = (await host.Modules.Send(new ScheduleFollowUps([item]), Token))[0].FollowUp!.Id;
        await host.Modules.Send(new RescheduleFollowUp(id, At(dueAt)), Token);

        var result = await host.Modules.Send(new RescheduleBooking(item.BookingId, At(movedTo)), Token);

        Assert.Equal(1, result.FollowUps);
        Assert.Equal(year, (await host.Modules.Send(new GetFollowUp(id), Token))!.ScheduledAt.Year);
    }

    private static DateTimeOffset At(string text) =>
        DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public async Task Move_that_the_follow_up_learns_of_only_when_due_is_read_by_its_clock()
    {
        var booking = Some.Id();
        var item = new NewFollowUp
        {
            Trigger = FollowUpTrigger.PostEvent,
            UserId = Some.Id(),
            BookingId = booking,
            EventAt = Evening,
            LocalTime = "10:00",
            TimeZone = "Asia/Kathmandu",
        };
        var id = (await host.Modules.Send(new ScheduleFollowUps([item]), Token))[0].FollowUp!.Id;
        await host.ExecuteAsync(
            """
            WITH due AS (UPDATE followups.follow_ups SET next_at = now() WHERE id = $2)
            INSERT INTO followups.bookings (booking_id, state, event_at, occurred_at, moved_at, recorded_at)
            VALUES ($1, 1, '2031-12-24 18:00Z', now(), now(), now())
            """,
            booking,
            id
        );

        var moved = await Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(id), Token) is { Decisions.Count: > 1 } found ? found : null
        );

        Assert.Equal(new(2031, 12, 25, 4, 15, 0, TimeSpan.Zero), moved.ScheduledAt);
        Assert.Equal(("moved", "booking_rescheduled"), (moved.Decisions[1].Decision, moved.Decisions[1].Reason));
    }
}
