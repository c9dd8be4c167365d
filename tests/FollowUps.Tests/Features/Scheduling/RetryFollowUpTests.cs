using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Scheduling;

public sealed class RetryFollowUpTests(FailingChannelFixture host) : IClassFixture<FailingChannelFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Failed_one_is_tried_anew_with_its_attempts_kept()
    {
        var failed = await host.FailedAsync(Some.Id());
        host.Channel.Refuses = false;

        var retried = await host.Modules.Send(new RetryFollowUp(failed.Id), Token);

        Assert.Equal((true, FollowUpStatus.Pending), (retried!.Retried, retried.FollowUp.Status));
        var sent = await Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(failed.Id), Token) is { Status: FollowUpStatus.Executed } executed
                ? executed
                : null
        );
        Assert.Equal(["failed", "sent"], sent.Attempts.Select(attempt => attempt.Outcome));
        Assert.Equal(["scheduled", "failed", "retried", "sent"], sent.Decisions.Select(decision => decision.Decision));
        Assert.Null(sent.ErrorMessage);
    }

    [Fact]
    public async Task Not_when_the_customer_has_as_many_pending_as_may_be()
    {
        var user = Some.Id();
        host.Channel.Refuses = true;
        var failed = await host.FailedAsync(user);
        var later = Some.FollowUp(user, DateTimeOffset.UtcNow.AddDays(1));
        await host.Modules.Send(new ScheduleFollowUps([.. Enumerable.Repeat(later, 10)]), Token);

        var retried = await host.Modules.Send(new RetryFollowUp(failed.Id), Token);
        var all = await host.Modules.Send(new RetryFollowUps(FollowUpTrigger.Custom), Token);

        Assert.Equal((false, FollowUpConflict.PendingLimit), (retried!.Retried, retried.Conflict));
        Assert.Equal(0, all);
        Assert.Equal(10, (await host.Modules.Send(new ListFollowUps(user, FollowUpStatus.Pending), Token)).Items.Count);
    }

    [Fact]
    public async Task Not_when_another_one_was_scheduled_meanwhile()
    {
        var user = Some.Id();
        host.Channel.Refuses = true;
        var failed = await host.FailedAsync(user, "key");
        var anew = (
            await host.Modules.Send(
                new ScheduleFollowUps([
                    Some.FollowUp(user) with
                    {
                        DedupeKey = "key",
                        ScheduledAt = DateTimeOffset.UtcNow.AddDays(1),
                    },
                ]),
                Token
            )
        )[0];

        var retried = await host.Modules.Send(new RetryFollowUp(failed.Id), Token);

        Assert.Equal(ScheduleOutcome.Scheduled, anew.Outcome);
        Assert.Equal((false, FollowUpStatus.Failed), (retried!.Retried, retried.FollowUp.Status));
        Assert.Equal((FollowUpConflict.Duplicate, anew.FollowUp!.Id), (retried.Conflict, retried.OtherId));
    }
}
