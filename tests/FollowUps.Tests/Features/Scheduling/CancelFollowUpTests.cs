using FluentValidation;
using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Scheduling;

public sealed class CancelFollowUpTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static NewFollowUp Custom(DateTimeOffset at) => Some.FollowUp(at: at) with { DedupeKey = "menu" };

    private async Task<ScheduleResult> Schedule(NewFollowUp item) =>
        (await host.Modules.Send(new ScheduleFollowUps([item]), Token))[0];

    [Fact]
    public async Task Cancelled_again_it_keeps_its_first_time_and_reason()
    {
        var id = (await Schedule(Custom(DateTimeOffset.UtcNow.AddDays(1)))).FollowUp!.Id;

        var first = await host.Modules.Send(new CancelFollowUp(id, "moved away"), Token);
        var again = await host.Modules.Send(new CancelFollowUp(id, "another"), Token);

        Assert.True(first!.Cancelled && again!.Cancelled);
        Assert.Equal((FollowUpStatus.Cancelled, "moved away"), (first.FollowUp.Status, first.FollowUp.CancelReason));
        Assert.Equal(
            (first.FollowUp.CancelledAt, "moved away"),
            (again!.FollowUp.CancelledAt, again.FollowUp.CancelReason)
        );
    }

    [Fact]
    public async Task After_it_the_same_can_be_scheduled_anew()
    {
        var item = Custom(DateTimeOffset.UtcNow.AddDays(1));
        var first = await Schedule(item);
        await host.Modules.Send(new CancelFollowUp(first.FollowUp!.Id), Token);

        var anew = await Schedule(item);

        Assert.Equal(ScheduleOutcome.Scheduled, anew.Outcome);
        Assert.NotEqual(first.FollowUp.Id, anew.FollowUp!.Id);
    }

    [Fact]
    public async Task What_was_sent_cannot_be_cancelled()
    {
        var id = (await Schedule(Custom(DateTimeOffset.UtcNow))).FollowUp!.Id;
        await Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(id), Token) is { Status: FollowUpStatus.Executed } sent
                ? sent
                : null
        );

        var late = await host.Modules.Send(new CancelFollowUp(id), Token);

        Assert.Equal((false, FollowUpStatus.Executed), (late!.Cancelled, late.FollowUp.Status));
        Assert.Null(late.FollowUp.CancelledAt);
    }

    [Fact]
    public async Task Unknown_id_is_null() =>
        Assert.Null(await host.Modules.Send(new CancelFollowUp(Guid.NewGuid()), Token));

    [Fact]
    public async Task Reason_longer_than_255_characters_is_refused() =>
        await Assert.ThrowsAsync<ValidationException>(() =>
            host.Modules.Send(new CancelFollowUp(Guid.NewGuid(), new string('x', 256)), Token)
        );
}
