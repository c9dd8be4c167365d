using FluentValidation;
using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Dispatch;

public sealed class GetDispatchHealthTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pending_and_sent_ones_are_counted_and_the_next_is_named()
    {
        var due = new DateTimeOffset(2099, 11, 5, 18, 0, 0, TimeSpan.Zero);
        NewFollowUp At(DateTimeOffset scheduledAt) =>
            new()
            {
                Trigger = FollowUpTrigger.Custom,
                UserId = Some.Id(),
                Message = "Hello",
                ScheduledAt = scheduledAt,
            };

        await host.Modules.Send(
            new ScheduleFollowUps([At(due.AddDays(1)), At(due), At(DateTimeOffset.UnixEpoch)]),
            Token
        );

        var health = await Until.NotNull(async () =>
            await host.Modules.Send(new GetDispatchHealth(), Token) is { ExecutedToday: > 0 } counted ? counted : null
        );
        Assert.Equal(
            new DispatchHealth(
                Pending: 2,
                ExecutedToday: 1,
                Overdue: 0,
                NextAt: due,
                Held: 0,
                HeldSince: null,
                Paused: health.Paused
            ),
            health
        );
        Assert.Empty(health.Paused);
        Assert.Equal(1, (await host.Modules.Send(new GetDispatchHealth(CountUpTo: 1), Token)).Pending);

        // Of what is paused none is late, and none is next.
        await host.Modules.Send(new PauseDispatch(FollowUpTrigger.Custom), Token);
        await host.Modules.Send(new ScheduleFollowUps([At(DateTimeOffset.UnixEpoch)]), Token);
        var paused = await host.Modules.Send(new GetDispatchHealth(), Token);

        Assert.Equal((3, 0, null), (paused.Pending, paused.Overdue, paused.NextAt));
        Assert.Equal([FollowUpTrigger.Custom], paused.Paused);
        await Assert.ThrowsAsync<ValidationException>(() => host.Modules.Send(new GetDispatchHealth(0), Token));
    }
}
