using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Scheduling;

public sealed class ListRefusalsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<IReadOnlyList<ScheduleResult>> Schedule(string user, params DateTimeOffset[] events) =>
        await host.Modules.Send(
            new ScheduleFollowUps([
                .. events.Select(eventAt => new NewFollowUp
                {
                    Trigger = FollowUpTrigger.PostEvent,
                    UserId = user,
                    BookingId = "b",
                    EventAt = eventAt,
                }),
            ]),
            Token
        );

    [Fact]
    public async Task Duplicate_is_told_with_what_was_there_and_what_was_asked_for()
    {
        var user = Some.Id();
        var scheduled = (await Schedule(user, Noon))[0].FollowUp!;

        await Schedule(user, Noon.AddHours(1), Noon.AddHours(2));
        await Schedule(user, Noon.AddHours(3));

        var refusal = Assert.Single((await host.Modules.Send(new ListRefusals(user), Token)).Items);
        Assert.Equal(
            (ScheduleOutcome.Duplicate, null, FollowUpTrigger.PostEvent, scheduled.Id, 3),
            (refusal.Outcome, refusal.Reason, refusal.Trigger, refusal.FollowUpId, refusal.Times)
        );
        Assert.True(refusal.FirstAt < refusal.LastAt);
        Assert.Equal(Noon.AddHours(27), refusal.Inputs.GetProperty("scheduledAt").GetDateTimeOffset());
        Assert.Equal("b", refusal.Inputs.GetProperty("bookingId").GetString());
    }

    [Fact]
    public async Task Suppressed_ones_are_told_by_reason_page_by_page_and_of_nobody_else()
    {
        var user = Some.Id();
        await Schedule(user, [.. Enumerable.Range(0, 11).Select(i => Noon.AddDays(2 * i))]);
        await host.Modules.Send(new PutRecipient { UserId = user, OptOut = ["post_event"] }, Token);
        await Schedule(user, Noon);

        var first = await host.Modules.Send(new ListRefusals(user, Limit: 1), Token);
        var second = await host.Modules.Send(new ListRefusals(user, Limit: 1, first.Next), Token);

        Assert.Equal(
            ["opted_out", "pending_limit"],
            first.Items.Concat(second.Items).Select(refusal => refusal.Reason)
        );
        Assert.Null(second.Next);
        Assert.Equal(10, second.Items[0].Inputs.GetProperty("pendingLimit").GetInt32());
        Assert.Empty((await host.Modules.Send(new ListRefusals(Some.Id()), Token)).Items);
    }
}
