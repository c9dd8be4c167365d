using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Scheduling;

public sealed class GetFollowUpTests(HostFixture host) : IClassFixture<HostFixture>
{
    [Fact]
    public async Task Unknown_id_is_null() =>
        Assert.Null(await host.Modules.Send(new GetFollowUp(Guid.NewGuid()), TestContext.Current.CancellationToken));

    [Fact]
    public async Task What_was_scheduled_is_read_back()
    {
        var item = new NewFollowUp
        {
            Trigger = FollowUpTrigger.EmotionBased,
            UserId = Some.Id(),
            ConversationId = Some.Id(),
        };
        var scheduled = (await host.Modules.Send(new ScheduleFollowUps([item]), TestContext.Current.CancellationToken))[
            0
        ].FollowUp!;

        var read = await host.Modules.Send(new GetFollowUp(scheduled.Id), TestContext.Current.CancellationToken);

        Assert.Equivalent(scheduled, read);
    }

    [Fact]
    public async Task It_says_when_it_is_looked_at_next_until_it_is_settled()
    {
        var (token, due) = (
            TestContext.Current.CancellationToken,
            new DateTimeOffset(2031, 11, 5, 18, 0, 0, TimeSpan.Zero)
        );
        var scheduled = (await host.Modules.Send(new ScheduleFollowUps([Some.FollowUp(at: due)]), token))[0].FollowUp!;
        var moved = await host.Modules.Send(new RescheduleFollowUp(scheduled.Id, due.AddDays(1)), token);
        var cancelled = await host.Modules.Send(new CancelFollowUp(scheduled.Id), token);

        Assert.Equal(
            (due, due.AddDays(1), null),
            (scheduled.NextAttemptAt, moved!.FollowUp.NextAttemptAt, cancelled!.FollowUp.NextAttemptAt)
        );
    }

    [Fact]
    public async Task What_could_not_be_worded_says_when_it_is_tried_again()
    {
        var (token, user) = (TestContext.Current.CancellationToken, Some.Id());
        await host.Modules.Send(new PutRecipient { UserId = user, Locale = "fi" }, token);
        await host.Modules.Send(
            new PutTemplate
            {
                Id = "custom",
                Locale = "fi",
                Body = "{{ 1 | divided_by: 0 }}",
            },
            token
        );
        var id = (await host.Modules.Send(new ScheduleFollowUps([Some.FollowUp(user)]), token))[0].FollowUp!.Id;

        var tried = await Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(id), token) is { Attempts: [.., { FinishedAt: not null }] } one
                ? one
                : null
        );

        Assert.Equal((FollowUpStatus.Pending, "failed"), (tried.Status, tried.Attempts[^1].Outcome));
        Assert.InRange(tried.NextAttemptAt!.Value - tried.Attempts[^1].StartedAt, TimeSpan.Zero, TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task Duplicates_are_among_its_decisions_in_order_of_time()
    {
        var (token, item) = (
            TestContext.Current.CancellationToken,
            new NewFollowUp { Trigger = FollowUpTrigger.EmotionBased, UserId = Some.Id() }
        );
        var id = (await host.Modules.Send(new ScheduleFollowUps([item]), token))[0].FollowUp!.Id;
        await host.Modules.Send(new ScheduleFollowUps([item, item]), token);
        await host.Modules.Send(new CancelFollowUp(id), token);

        var read = await host.Modules.Send(new GetFollowUp(id), token);

        Assert.Equal(["scheduled", "duplicate", "cancelled"], read!.Decisions.Select(decision => decision.Decision));
        Assert.Equal(2, read.Decisions[1].Inputs!.Value.GetProperty("times").GetInt32());
    }
}
