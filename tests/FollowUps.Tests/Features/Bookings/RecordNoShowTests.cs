using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Bookings;

public sealed class RecordNoShowTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nobody_is_thanked_for_a_visit_that_never_was()
    {
        var booking = Some.Id();
        var confirmed = await host.Modules.Send(
            new ConfirmBooking(booking, Some.Id(), Some.Id(), DateTimeOffset.UtcNow.AddDays(1)),
            Token
        );

        var recorded = await host.Modules.Send(new RecordNoShow(booking), Token);

        await host.ExecuteAsync(
            "UPDATE followups.follow_ups SET next_at = now() WHERE id = $1",
            confirmed.Schedule!.FollowUp!.Id
        );

        Assert.Equal(new BookingResult(booking, BookingState.NoShow, 0), recorded);
        var cancelled = await Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(confirmed.Schedule!.FollowUp!.Id), Token)
                is { Status: not FollowUpStatus.Pending } followUp
                ? followUp
                : null
        );
        Assert.Equal((FollowUpStatus.Cancelled, "booking_no_show"), (cancelled.Status, cancelled.CancelReason));
    }
}
