using Conversations.Contracts;
using FollowUps.Contracts;
using FollowUps.Dispatch;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Testing;

namespace FollowUps.Tests.Dispatch;

// A claim that is made minutes ahead shows what one of milliseconds would do: it is judged as of the instant at which its follow-up goes.
public sealed class PreparingAheadTests(PreparingAheadTests.Host host) : IClassFixture<PreparingAheadTests.Host>
{
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Claims Claims => host.Services.GetRequiredService<Claims>();

    [Fact]
    public async Task Quiet_hours_that_end_when_it_is_due_do_not_hold_it()
    {
        var now = DateTimeOffset.UtcNow;
        var end = new DateTimeOffset(
            now.Ticks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute,
            TimeSpan.Zero
        ).AddMinutes(3);
        var user = Some.Id();
        await host.Modules.Send(
            new PutRecipient
            {
                UserId = user,
                TimeZone = "UTC",
                QuietHours = new($"{end.AddHours(-8):HH:mm}", $"{end:HH:mm}"),
            },
            Token
        );
        await ScheduleAsync(user, end);

        var claim = Assert.Single((await Claims.TakeAsync(Ahead, Token)).Claims, claim => claim.UserId == user);
        var mood = Assert.Single(await host.Modules.Send(new GetMoods([new(user, null)]), Token));
        var deciding = host.Services.GetRequiredService<Deciding>();

        Assert.Equal(end, claim.DueAt);
        Assert.Equal(OutcomeKind.Sent, deciding.Decide(claim, mood).Kind);
        Assert.Equal(OutcomeKind.Held, deciding.Decide(claim with { DueAt = end.AddMinutes(-1) }, mood).Kind);
    }

    [Fact]
    public async Task Frequency_cap_that_ends_when_it_is_due_does_not_hold_it()
    {
        var user = Some.Id();
        await host.Modules.Send(
            new PutRecipient { UserId = user, FrequencyCap = new FrequencyCap(1, TimeSpan.FromMinutes(3)) },
            Token
        );
        var first = await ScheduleAsync(user, DateTimeOffset.UtcNow);
        await host.Modules.Send(new DispatchDueFollowUps(), Token);
        var sent = await host.Modules.Send(new GetFollowUp(first), Token);
        await ScheduleAsync(user, DateTimeOffset.UtcNow);
        await host.Modules.Send(new DispatchDueFollowUps(), Token);

        var early = await Claims.TakeAsync(TimeSpan.FromMinutes(1), Token);
        var ahead = await Claims.TakeAsync(Ahead, Token);

        Assert.Equal(FollowUpStatus.Executed, sent!.Status);
        Assert.DoesNotContain(early.Claims, claim => claim.UserId == user);
        Assert.Equal(
            sent.ExecutedAt!.Value.AddMinutes(3),
            Assert.Single(ahead.Claims, claim => claim.UserId == user).DueAt
        );
    }

    // Four things that come between the claim and the hand-over; each has its own customer, and one has nothing in the way.
    [Fact]
    public async Task What_comes_after_the_claim_is_seen_when_it_is_written_down()
    {
        var due = DateTimeOffset.UtcNow.AddMinutes(4);
        var (optedOut, erased, cancelled, moved, free) = (Some.Id(), Some.Id(), Some.Id(), Some.Id(), Some.Id());
        string[] users = [optedOut, erased, cancelled, moved, free];
        await host.Modules.Send(
            new ScheduleFollowUps([
                .. users.Select(user => new NewFollowUp
                {
                    Trigger = FollowUpTrigger.PostEvent,
                    UserId = user,
                    BookingId = user,
                    EventAt = due.AddDays(-1),
                }),
            ]),
            Token
        );
        var batch = await Claims.TakeAsync(Ahead, Token);
        var mine = batch.Claims.Where(claim => users.Contains(claim.UserId)).ToList();

        await host.Modules.Send(new PutRecipient { UserId = optedOut, OptOut = ["post_event"] }, Token);
        await host.Modules.Send(new EraseFollowUps(erased), Token);
        await host.Modules.Send(new CancelBooking(cancelled), Token);
        await host.Modules.Send(new RescheduleBooking(moved, due.AddDays(5)), Token);
        var moods = await host.Modules.Send(
            new GetMoods([.. mine.Select(c => new MoodSubject(c.UserId, null))]),
            Token
        );
        var deciding = host.Services.GetRequiredService<Deciding>();
        var kept = await host
            .Services.GetRequiredService<WritingDown>()
            .WriteDownAsync([.. mine.Zip(moods, deciding.Decide)], Token);

        Assert.Equal(users.Order(), mine.Select(claim => claim.UserId).Order());
        Assert.Equal(free, Assert.Single(kept).Claim.UserId);
    }

    [Fact]
    public void Lead_follows_what_preparing_takes_and_forgets_one_slow_one_over_the_next()
    {
        var lead = new Lead(Options.Create(new FollowUpsOptions { PrepareAheadMax = TimeSpan.FromSeconds(1) }));

        TimeSpan After(double milliseconds)
        {
            lead.Learn(TimeSpan.FromMilliseconds(milliseconds), TimeSpan.FromMilliseconds(milliseconds / 4));
            return lead.Current;
        }

        Assert.Equal(TimeSpan.FromMilliseconds(300), After(200));
        Assert.Equal(TimeSpan.FromMilliseconds(75), lead.Writing);
        var relaxed = Enumerable.Range(0, 40).Select(_ => After(10)).ToList();
        Assert.InRange(relaxed[0], TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(299));
        Assert.InRange(relaxed[^1], TimeSpan.FromMilliseconds(15), TimeSpan.FromMilliseconds(16));
        Assert.Equal(TimeSpan.FromSeconds(1), After(5_000));
    }

    [Fact]
    public void Lead_of_zero_stays_zero()
    {
        var lead = new Lead(Options.Create(new FollowUpsOptions { PrepareAheadMax = TimeSpan.Zero }));

        lead.Learn(TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(50));

        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (lead.Current, lead.Writing));
    }

    private async Task<Guid> ScheduleAsync(string user, DateTimeOffset at) =>
        (await host.Modules.Send(new ScheduleFollowUps([Some.FollowUp(user, at)]), Token))[0].FollowUp!.Id;

    public sealed class Host() : ObedientHostFixture(null, ("FollowUps:Lease", "00:10:00"));
}
