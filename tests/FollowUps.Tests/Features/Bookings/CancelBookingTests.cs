using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Bookings;

public sealed class CancelBookingTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Evening = new(2031, 11, 5, 18, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static NewFollowUp Custom(string user, string booking, DateTimeOffset due) =>
        new()
        {
            Trigger = FollowUpTrigger.Custom,
            UserId = user,
            BookingId = booking,
            ScheduledAt = due,
            Message = "Your menu is ready.",
        };

    [Fact]
    public async Task Pending_follow_ups_of_the_booking_are_cancelled_once_and_no_others()
    {
        var (user, booking) = (Some.Id(), Some.Id());
        var confirmed = await host.Modules.Send(new ConfirmBooking(booking, user, Some.Id(), Evening), Token);
        await host.Modules.Send(
            new ScheduleFollowUps([Custom(user, booking, Evening), Custom(user, Some.Id(), Evening)]),
            Token
        );

        var cancelled = await host.Modules.Send(new CancelBooking(booking), Token);
        var again = await host.Modules.Send(new CancelBooking(booking), Token);

        Assert.Equal(new BookingResult(booking, BookingState.Cancelled, 2), cancelled);
        Assert.Equal(0, again.FollowUps);
        var followUp = await host.Modules.Send(new GetFollowUp(confirmed.Schedule!.FollowUp!.Id), Token);
        Assert.Equal((FollowUpStatus.Cancelled, "booking_cancelled"), (followUp!.Status, followUp.CancelReason));
        Assert.Single((await host.Modules.Send(new ListFollowUps(user, FollowUpStatus.Pending), Token)).Items);
    }

    [Fact]
    public async Task Unknown_booking_is_kept_as_cancelled()
    {
        var booking = Some.Id();

        var cancelled = await host.Modules.Send(new CancelBooking(booking), Token);
        var scheduled = await host.Modules.Send(
            new ScheduleFollowUps([
                new NewFollowUp
                {
                    Trigger = FollowUpTrigger.PostEvent,
                    UserId = Some.Id(),
                    BookingId = booking,
                    EventAt = Evening,
                },
            ]),
            Token
        );

        Assert.Equal(new BookingResult(booking, BookingState.Cancelled, 0), cancelled);
        Assert.Equal("booking_cancelled", scheduled[0].Reason);
    }

    [Fact]
    public async Task Confirmations_racing_with_the_cancellation_never_leave_one_pending()
    {
        for (var round = 0; round < 20; round++)
        {
            var (user, booking) = (Some.Id(), Some.Id());
            var confirm = new ConfirmBooking(booking, user, Some.Id(), Evening, null, Evening.AddDays(-20));

            await Task.WhenAll(
                host.Modules.Send(confirm, Token),
                host.Modules.Send(new CancelBooking(booking, Evening.AddDays(-10)), Token),
                host.Modules.Send(confirm, Token)
            );

            Assert.Empty((await host.Modules.Send(new ListFollowUps(user, FollowUpStatus.Pending), Token)).Items);
        }
    }

    [Fact]
    public async Task Booking_that_the_cancelled_ones_follow_up_spoke_for_gets_its_own()
    {
        var (user, one, other) = (Some.Id(), Some.Id(), Some.Id());
        var evening = new DateTimeOffset(2031, 11, 5, 18, 0, 0, TimeSpan.Zero);
        await host.Modules.Send(new ConfirmBooking(one, user, Some.Id(), evening), Token);
        await host.Modules.Send(new ConfirmBooking(other, user, Some.Id(), evening.AddHours(3)), Token);

        await host.Modules.Send(new CancelBooking(one), Token);

        var pending = (await host.Modules.Send(new ListFollowUps(user, FollowUpStatus.Pending), Token)).Items;
        Assert.Equal((other, evening.AddHours(27)), (Assert.Single(pending).BookingId, pending[0].ScheduledAt));
    }

    [Fact]
    public async Task Of_many_that_found_no_place_only_the_soonest_is_asked_for_in_the_place_that_came_free()
    {
        var user = Some.Id();
        string[] bookings = [.. Enumerable.Range(0, 14).Select(_ => Some.Id())];
        for (var day = 0; day < bookings.Length; day++)
        {
            await host.Modules.Send(
                new ConfirmBooking(bookings[day], user, Some.Id(), Evening.AddDays(2 * day)),
                Token
            );
        }

        await host.Modules.Send(new CancelBooking(bookings[3]), Token);

        var pending = (await host.Modules.Send(new ListFollowUps(user, FollowUpStatus.Pending), Token)).Items;
        Assert.Equal([.. bookings[..3], .. bookings[4..11]], pending.Select(followUp => followUp.BookingId));
        var refused = (await host.Modules.Send(new ListRefusals(user), Token)).Items;
        Assert.Equal(("pending_limit", 4), (Assert.Single(refused).Reason, refused[0].Times));
    }

    [Fact]
    public async Task One_that_stands_near_another_left_out_takes_no_place_from_a_later_one()
    {
        var (user, one, near, nearer, far) = (Some.Id(), Some.Id(), Some.Id(), Some.Id(), Some.Id());
        await host.Modules.Send(new ConfirmBooking(one, user, Some.Id(), Evening), Token);
        await host.Modules.Send(new ConfirmBooking(near, user, Some.Id(), Evening.AddHours(3)), Token);
        await host.Modules.Send(new ConfirmBooking(nearer, user, Some.Id(), Evening.AddHours(6)), Token);
        var others = await host.Modules.Send(
            new ScheduleFollowUps([
                .. Enumerable.Range(0, 9).Select(day => Custom(user, Some.Id(), Evening.AddDays(day))),
            ]),
            Token
        );
        await host.Modules.Send(new ConfirmBooking(far, user, Some.Id(), Evening.AddDays(5)), Token);
        await host.Modules.Send(new CancelFollowUp(others[0].FollowUp!.Id), Token);

        await host.Modules.Send(new CancelBooking(one), Token);

        var pending = (await host.Modules.Send(new ListFollowUps(user, FollowUpStatus.Pending), Token)).Items;
        Assert.Equal(
            [near, far],
            pending.Where(f => f.Trigger == FollowUpTrigger.PostEvent).Select(followUp => followUp.BookingId)
        );
    }

    [Fact]
    public async Task Booking_that_lost_two_to_the_cancelled_one_gets_both_back()
    {
        var (user, one, other) = (Some.Id(), Some.Id(), Some.Id());
        foreach (var (booking, evening) in new[] { (one, Evening), (other, Evening.AddDays(30)) })
        {
            await host.Modules.Send(new ConfirmBooking(booking, user, Some.Id(), evening), Token);
            await host.Modules.Send(
                new ScheduleFollowUps([
                    new NewFollowUp
                    {
                        Trigger = FollowUpTrigger.PostEvent,
                        UserId = user,
                        BookingId = booking,
                        EventAt = evening,
                        Delay = TimeSpan.FromDays(4),
                    },
                ]),
                Token
            );
        }

        await host.Modules.Send(new RescheduleBooking(other, Evening.AddHours(2)), Token);

        await host.Modules.Send(new CancelBooking(one), Token);

        var pending = (await host.Modules.Send(new ListFollowUps(user, FollowUpStatus.Pending), Token)).Items;
        Assert.Equal(
            [(other, Evening.AddHours(26)), (other, Evening.AddHours(98))],
            pending.Select(followUp => (followUp.BookingId, followUp.ScheduledAt))
        );
    }
}
