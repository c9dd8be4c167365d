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
        Assert.Equivalent(new RecipientWrite(RecipientWriteOutcome.Done, read), put, strict: true);

        var again = (await host.Modules.Send(new PutRecipient { UserId = user }, Token))!.Recipient;
        Assert.Equivalent(
            new Recipient { UserId = user, Tag = again.Tag },
            await host.Modules.Send(new GetRecipient(user), Token),
            strict: true
        );
    }

    [Fact]
    public async Task Of_many_who_saw_the_same_one_is_in_time_and_the_others_change_nothing()
    {
        var user = Some.Id();
        var seen = (await host.Modules.Send(new GetRecipient(user), Token))!.Tag;
        var locales = new[] { "de", "fr", "it", "es", "nl", "pl", "pt", "sv" };

        for (var round = 0; round < 5; round++)
        {
            var writes = await Task.WhenAll(
                locales.Select(locale =>
                    host.Modules.Send(
                        new PutRecipient
                        {
                            UserId = user,
                            Locale = locale,
                            TimeZone = round % 2 == 0 ? "Europe/Paris" : null,
                            IfMatch = ["another", seen],
                        },
                        Token
                    )
                )
            );

            var done = Assert.Single(writes, write => write!.Outcome == RecipientWriteOutcome.Done)!.Recipient;
            Assert.Equivalent(done, await host.Modules.Send(new GetRecipient(user), Token), strict: true);
            Assert.NotEqual(seen, done.Tag);
            seen = done.Tag;
        }
    }

    // What is judged again is looked at once more before anything that falls due later.
    [Fact]
    public async Task What_came_too_late_has_nothing_judged_again()
    {
        var (user, now) = (Some.Id(), DateTimeOffset.UtcNow);
        var held = (await Schedule(user, now.AddDays(3))).FollowUp!;
        await host.ExecuteAsync("UPDATE followups.follow_ups SET held_reason = 'quiet_hours' WHERE id = $1", held.Id);

        await host.Modules.Send(new PutRecipient { UserId = user, IfMatch = ["another"] }, Token);
        var next = (await Schedule(user, now)).FollowUp!;
        await Until.NotNull(async () => await Read(next) is { Status: FollowUpStatus.Executed } sent ? sent : null);

        Assert.Equal(FollowUpStatus.Pending, (await Read(held)).Status);
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

    [Fact]
    public async Task Who_moves_to_another_zone_is_written_to_by_its_clocks()
    {
        var (user, evening) = (Some.Id(), new DateTimeOffset(2031, 11, 5, 18, 0, 0, TimeSpan.Zero));
        NewFollowUp Custom(string? zone) =>
            new()
            {
                Trigger = FollowUpTrigger.Custom,
                UserId = user,
                ScheduledAt = evening,
                Message = "Your menu is ready.",
                DaysAfter = 1,
                LocalTime = "10:00",
                TimeZone = zone,
            };
        var scheduled = await host.Modules.Send(
            new ScheduleFollowUps([
                Custom(null),
                Custom("Europe/Berlin"),
                Custom(null) with
                {
                    LocalTime = null,
                    DaysAfter = null,
                },
            ]),
            Token
        );

        await host.Modules.Send(new PutRecipient { UserId = user, TimeZone = "America/New_York" }, Token);
        await host.Modules.Send(new PutRecipient { UserId = user, TimeZone = "America/New_York" }, Token);

        var (followed, given, instant) = (
            await Read(scheduled[0].FollowUp!),
            await Read(scheduled[1].FollowUp!),
            await Read(scheduled[2].FollowUp!)
        );
        Assert.Equal(new(2031, 11, 6, 15, 0, 0, TimeSpan.Zero), followed.ScheduledAt);
        Assert.Equal(followed.ScheduledAt.AddDays(7), followed.NotAfter);
        Assert.Equal(new FollowUpClock(1, "10:00", "America/New_York", true), followed.Clock);
        Assert.Equal(
            [("scheduled", null), ("moved", "zone_changed")],
            followed.Decisions.Select(decision => (decision.Decision, decision.Reason))
        );
        Assert.Equal(new(2031, 11, 6, 9, 0, 0, TimeSpan.Zero), given.ScheduledAt);
        Assert.Equal(evening, instant.ScheduledAt);
    }

    [Fact]
    public async Task Old_zone_names_without_a_place_are_kept_by_their_place()
    {
        var put = await host.Modules.Send(new PutRecipient { UserId = Some.Id(), TimeZone = "CET" }, Token);

        Assert.Equal("Europe/Brussels", put!.Recipient.TimeZone);
    }

    [Fact]
    public async Task Of_many_due_at_once_the_cap_lets_as_many_through_and_says_when_the_next_goes()
    {
        var (user, now) = (Some.Id(), DateTimeOffset.UtcNow);
        var cap = new FrequencyCap(2, TimeSpan.FromDays(3));
        var put = await host.Modules.Send(new PutRecipient { UserId = user, FrequencyCap = cap }, Token);
        var ids = new List<FollowUp>();
        for (var i = 0; i < 4; i++)
        {
            ids.Add((await Schedule(user, now.AddMinutes(-i))).FollowUp!);
        }

        var settled = await Until.NotNull(async () =>
        {
            var all = await Task.WhenAll(ids.Select(Read));
            return all.All(f => f.Status == FollowUpStatus.Executed || f.HeldReason is not null) ? all : null;
        });

        Assert.Equal(cap, put!.Recipient.FrequencyCap);
        Assert.Equal(2, settled.Count(f => f.Status == FollowUpStatus.Executed));
        var held = settled.Where(f => f.Status == FollowUpStatus.Pending).ToArray();
        Assert.All(
            held,
            f =>
            {
                Assert.Equal("frequency_cap", f.HeldReason);
                Assert.Empty(f.Attempts);
                Assert.Equal(
                    2,
                    f.Decisions.Single(d => d.Decision == "held").Inputs!.Value.GetProperty("max").GetInt32()
                );
            }
        );

        await host.Modules.Send(new PutRecipient { UserId = user }, Token);
        await Until.NotNull(async () =>
            (await Task.WhenAll(ids.Select(Read))).All(f => f.Status == FollowUpStatus.Executed) ? user : null
        );
    }

    [Fact]
    public async Task Cap_counts_back_from_the_moment_and_not_by_days()
    {
        var user = Some.Id();
        await host.Modules.Send(
            new PutRecipient { UserId = user, FrequencyCap = new FrequencyCap(1, TimeSpan.FromDays(3)) },
            Token
        );
        var first = (await Schedule(user, DateTimeOffset.UtcNow)).FollowUp!;
        await Until.NotNull(async () => await Read(first) is { Status: FollowUpStatus.Executed } sent ? sent : null);
        await host.ExecuteAsync(
            "UPDATE followups.follow_ups SET executed_at = now() - interval '2 days' WHERE id = $1",
            first.Id
        );

        var second = (await Schedule(user, DateTimeOffset.UtcNow)).FollowUp!;
        var held = await Until.NotNull(async () => await Read(second) is { HeldReason: not null } found ? found : null);
        var until = held.Decisions[^1].Inputs!.Value.GetProperty("until").GetDateTimeOffset();
        await host.ExecuteAsync(
            "UPDATE followups.follow_ups SET executed_at = now() - interval '3 days' WHERE id = $1",
            first.Id
        );
        await host.Modules.Send(
            new PutRecipient { UserId = user, FrequencyCap = new FrequencyCap(1, TimeSpan.FromDays(3)) },
            Token
        );

        Assert.Equal(held.CreatedAt.AddDays(1), until, TimeSpan.FromMinutes(5));
        await Until.NotNull(async () => await Read(second) is { Status: FollowUpStatus.Executed } sent ? sent : null);
    }

    [Fact]
    public async Task Follow_up_that_another_zone_moves_next_to_another_is_dropped()
    {
        var user = Some.Id();
        var noon = new DateTimeOffset(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);
        NewFollowUp PostEvent(double hours, string? localTime) =>
            new()
            {
                Trigger = FollowUpTrigger.PostEvent,
                UserId = user,
                EventAt = noon.AddHours(hours),
                LocalTime = localTime,
            };
        var scheduled = await host.Modules.Send(
            new ScheduleFollowUps([PostEvent(0, "10:00"), PostEvent(23, null)]),
            Token
        );

        await host.Modules.Send(new PutRecipient { UserId = user, TimeZone = "America/New_York" }, Token);

        var dropped = (await host.Modules.Send(new GetFollowUp(scheduled[0].FollowUp!.Id), Token))!;
        Assert.Equal(["scheduled", "moved", "cancelled"], dropped.Decisions.Select(d => d.Decision));
        Assert.Equal("duplicate", dropped.CancelReason);
        var kept = (await host.Modules.Send(new GetFollowUp(scheduled[1].FollowUp!.Id), Token))!;
        Assert.Equal(FollowUpStatus.Pending, kept.Status);
    }
}
