using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Scheduling;

public sealed class RescheduleFollowUpTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<FollowUp> Scheduled(string user, DateTimeOffset eventAt) =>
        (
            await host.Modules.Send(
                new ScheduleFollowUps([
                    new NewFollowUp
                    {
                        Trigger = FollowUpTrigger.PostEvent,
                        UserId = user,
                        EventAt = eventAt,
                    },
                ]),
                Token
            )
        )[0].FollowUp!;

    [Fact]
    public async Task Pending_one_moves_with_its_deadline()
    {
        var followUp = await Scheduled(Some.Id(), Noon);

        var moved = await host.Modules.Send(new RescheduleFollowUp(followUp.Id, Noon.AddDays(30)), Token);

        Assert.True(moved!.Rescheduled);
        Assert.Equal((Noon.AddDays(30), Noon.AddDays(37)), (moved.FollowUp.ScheduledAt, moved.FollowUp.NotAfter));
        Assert.Equal("moved", moved.FollowUp.Decisions[^1].Decision);
    }

    [Fact]
    public async Task Not_onto_another_one_of_the_customer()
    {
        var user = Some.Id();
        var (first, second) = (await Scheduled(user, Noon), await Scheduled(user, Noon.AddDays(9)));

        var moved = await host.Modules.Send(new RescheduleFollowUp(second.Id, first.ScheduledAt.AddHours(23)), Token);

        Assert.False(moved!.Rescheduled);
        Assert.Equal((FollowUpConflict.Duplicate, first.Id), (moved.Conflict, moved.OtherId));
        Assert.Equal(second.ScheduledAt, moved.FollowUp.ScheduledAt);
    }

    [Fact]
    public async Task Cancelled_one_stays_and_an_unknown_one_is_null()
    {
        var followUp = await Scheduled(Some.Id(), Noon);
        await host.Modules.Send(new CancelFollowUp(followUp.Id), Token);

        var moved = await host.Modules.Send(new RescheduleFollowUp(followUp.Id, Noon), Token);

        Assert.Equal((false, FollowUpConflict.Status), (moved!.Rescheduled, moved.Conflict));
        Assert.Null(await host.Modules.Send(new RescheduleFollowUp(Guid.NewGuid(), Noon), Token));
    }

    [Fact]
    public async Task Not_while_it_is_being_sent()
    {
        var followUp = await Scheduled(Some.Id(), Noon);
        await host.ExecuteAsync(
            "UPDATE followups.follow_ups SET leased_until = now() + interval '1 hour' WHERE id = $1",
            followUp.Id
        );

        var moved = await host.Modules.Send(new RescheduleFollowUp(followUp.Id, Noon.AddDays(9)), Token);

        Assert.Equal((false, FollowUpConflict.BeingSent), (moved!.Rescheduled, moved.Conflict));
    }

    [Fact]
    public async Task Instant_that_somebody_chose_replaces_the_time_on_a_clock()
    {
        var item = new NewFollowUp
        {
            Trigger = FollowUpTrigger.PostEvent,
            UserId = Some.Id(),
            EventAt = Noon,
            LocalTime = "10:00",
        };
        var followUp = (await host.Modules.Send(new ScheduleFollowUps([item]), Token))[0].FollowUp!;

        var moved = await host.Modules.Send(new RescheduleFollowUp(followUp.Id, Noon.AddDays(3)), Token);

        await host.Modules.Send(new PutRecipient { UserId = item.UserId, TimeZone = "Asia/Kathmandu" }, Token);
        var read = await host.Modules.Send(new GetFollowUp(followUp.Id), Token);
        Assert.NotNull(followUp.Clock);
        Assert.Equal((Noon.AddDays(3), null), (moved!.FollowUp.ScheduledAt, moved.FollowUp.Clock));
        Assert.Equal(Noon.AddDays(3), read!.ScheduledAt);
    }
}
