using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Recipients;

public sealed class PutRecipientTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<ScheduleResult> Schedule(
        string user,
        DateTimeOffset at,
        FollowUpTrigger trigger = FollowUpTrigger.Custom
    ) =>
        (
            await host.Modules.Send(
                new ScheduleFollowUps([
                    new NewFollowUp
                    {
                        Trigger = trigger,
                        UserId = user,
                        ScheduledAt = at,
                        EventAt = at,
                        Message = "Your menu is ready.",
                    },
                ]),
                Token
            )
        )[0];

    private async Task<FollowUp> Read(FollowUp followUp) =>
        (await host.Modules.Send(new GetFollowUp(followUp.Id), Token))!;

    [Fact]
    public async Task What_is_put_replaces_all_and_is_read_back()
    {
        var user = Some.Id();
        var put = await host.Modules.Send(
            new PutRecipient
            {
                UserId = user,
                TimeZone = "Asia/Kathmandu",
                Locale = "de-AT",
                Addresses = new Dictionary<string, string?> { ["email"] = "someone@example.org" },
                OptOut = ["custom", "custom"],
                QuietHours = new QuietHours("21:00", "08:30"),
            },
            Token
        );
        var read = (await host.Modules.Send(new GetRecipient(user), Token))!;

        Assert.Equal(
            ("Asia/Kathmandu", "de-AT", new QuietHours("21:00", "08:30")),
            (read.TimeZone, read.Locale, read.QuietHours)
        );
        Assert.Equal("someone@example.org", read.Addresses["email"]);
        Assert.Equal(["custom"], read.OptOut);
        Assert.Equivalent(read, put, strict: true);

        await host.Modules.Send(new PutRecipient { UserId = user }, Token);
        Assert.Equivalent(
            new Recipient { UserId = user },
            await host.Modules.Send(new GetRecipient(user), Token),
            strict: true
        );
    }

    [Fact]
    public async Task Opting_out_cancels_what_is_pending_of_that_trigger_and_suppresses_the_next()
    {
        var (user, later) = (Some.Id(), DateTimeOffset.UtcNow.AddDays(3));
        var custom = (await Schedule(user, later)).FollowUp!;
        var postEvent = (await Schedule(user, later, FollowUpTrigger.PostEvent)).FollowUp!;

        await host.Modules.Send(new PutRecipient { UserId = user, OptOut = ["custom"] }, Token);

        var cancelled = await Read(custom);
        Assert.Equal((FollowUpStatus.Cancelled, "opted_out"), (cancelled.Status, cancelled.CancelReason));
        Assert.Equal(FollowUpStatus.Pending, (await Read(postEvent)).Status);
        Assert.Equal(new ScheduleResult(ScheduleOutcome.Suppressed, "opted_out", null), await Schedule(user, later));
    }

    [Fact]
    public async Task Schedulers_racing_an_opt_out_leave_nothing_pending()
    {
        var (user, later) = (Some.Id(), DateTimeOffset.UtcNow.AddDays(3));
        Task OptOut() => host.Modules.Send(new PutRecipient { UserId = user, OptOut = ["all"] }, Token);

        await Task.WhenAll(
            Enumerable.Range(0, 40).Select(i => i == 20 ? OptOut() : Schedule(user, later.AddMinutes(i)))
        );

        var page = await host.Modules.Send(new ListFollowUps(user, FollowUpStatus.Pending), Token);
        Assert.Empty(page.Items);
    }

    [Fact]
    public async Task Due_in_quiet_hours_waits_uncounted_and_goes_when_they_are_lifted()
    {
        var user = Some.Id();
        var now = DateTimeOffset.UtcNow;
        string Clock(double hours) => $"{now.AddHours(hours):HH:mm}";
        await host.Modules.Send(
            new PutRecipient { UserId = user, QuietHours = new QuietHours(Clock(-6), Clock(6)) },
            Token
        );

        var followUp = (await Schedule(user, now)).FollowUp!;
        var held = await Until.NotNull(async () =>
            await Read(followUp) is { HeldReason: not null } found ? found : null
        );

        Assert.Equal((FollowUpStatus.Pending, "quiet_hours"), (held.Status, held.HeldReason));
        Assert.Empty(held.Attempts);

        await host.Modules.Send(new PutRecipient { UserId = user }, Token);
        var sent = await Until.NotNull(async () =>
            await Read(followUp) is { Status: FollowUpStatus.Executed } found ? found : null
        );
        Assert.Single(sent.Attempts);
    }
}
