using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Bookings;

public sealed class CompleteBookingTests(HostFixture host) : IClassFixture<HostFixture>
{
    [Fact]
    public async Task It_is_recorded_and_its_follow_up_stays()
    {
        var (user, booking) = (Some.Id(), Some.Id());
        var token = TestContext.Current.CancellationToken;
        await host.Modules.Send(
            new ConfirmBooking(booking, user, Some.Id(), new DateTimeOffset(2031, 11, 5, 18, 0, 0, TimeSpan.Zero)),
            token
        );

        var completed = await host.Modules.Send(new CompleteBooking(booking), token);

        Assert.Equal(new BookingResult(booking, BookingState.Completed, 0), completed);
        Assert.Single((await host.Modules.Send(new ListFollowUps(user, FollowUpStatus.Pending), token)).Items);
    }
}
