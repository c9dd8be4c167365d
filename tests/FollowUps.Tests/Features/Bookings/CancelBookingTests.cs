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
}
