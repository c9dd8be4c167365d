using Conversations.Contracts;
using FluentValidation;
using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Scheduling;

public sealed class ScheduleFollowUpsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    private async Task<IReadOnlyList<ScheduleResult>> Schedule(params NewFollowUp[] items) =>
        await host.Modules.Send(new ScheduleFollowUps(items), TestContext.Current.CancellationToken);

    private async Task<IReadOnlyList<ListedFollowUp>> PendingOf(string user) =>
        (
            await host.Modules.Send(
                new ListFollowUps(user, FollowUpStatus.Pending),
                TestContext.Current.CancellationToken
            )
        ).Items;

    private static NewFollowUp PostEvent(string user, DateTimeOffset eventAt) =>
        new()
        {
            Trigger = FollowUpTrigger.PostEvent,
            UserId = user,
            EventAt = eventAt,
        };

    [Fact]
    public async Task Post_event_is_due_a_day_after_the_event()
    {
        var result = Assert.Single(await Schedule(PostEvent(Some.Id(), Noon)));

        Assert.Equal(ScheduleOutcome.Scheduled, result.Outcome);
        Assert.Equal(Noon.AddDays(1), result.FollowUp!.ScheduledAt);
        Assert.Equal(FollowUpStatus.Pending, result.FollowUp.Status);
    }

    [Theory]
    [InlineData(24, ScheduleOutcome.Duplicate)]
    [InlineData(-24, ScheduleOutcome.Duplicate)]
    [InlineData(24.001, ScheduleOutcome.Scheduled)]
    public async Task Window_is_a_day_on_either_side_and_inclusive(double hours, ScheduleOutcome expected)
    {
        var user = Some.Id();
        var first = (await Schedule(PostEvent(user, Noon)))[0];

        var second = (await Schedule(PostEvent(user, Noon.AddHours(hours))))[0];

        Assert.Equal(expected, second.Outcome);
        Assert.Equal(expected == ScheduleOutcome.Duplicate, first.FollowUp!.Id == second.FollowUp!.Id);
    }

    [Fact]
    public async Task Earlier_item_of_a_batch_counts_for_a_later_one()
    {
        var (one, other) = (Some.Id(), Some.Id());

        var results = await Schedule(PostEvent(one, Noon), PostEvent(other, Noon), PostEvent(one, Noon.AddHours(1)));

        Assert.Equal(
            [ScheduleOutcome.Scheduled, ScheduleOutcome.Scheduled, ScheduleOutcome.Duplicate],
            results.Select(result => result.Outcome)
        );
        Assert.Equal(results[0].FollowUp!.Id, results[2].FollowUp!.Id);
    }

    [Fact]
    public async Task Eleventh_pending_follow_up_is_suppressed()
    {
        var user = Some.Id();

        var results = await Schedule([.. Enumerable.Range(0, 11).Select(i => PostEvent(user, Noon.AddDays(2 * i)))]);

        Assert.All(results.Take(10), result => Assert.Equal(ScheduleOutcome.Scheduled, result.Outcome));
        Assert.Equal(new ScheduleResult(ScheduleOutcome.Suppressed, "pending_limit", null), results[10]);
    }

    [Fact]
    public async Task Ten_thousand_for_one_customer_are_decided_in_order_and_counted()
    {
        var (user, other) = (Some.Id(), Some.Id());
        var first = (await Schedule(PostEvent(user, Noon.AddHours(-20))))[0].FollowUp!;
        NewFollowUp Custom(string of, string? key) => Like(of, FollowUpTrigger.Custom) with { DedupeKey = key };

        var results = await Schedule([
            .. Enumerable.Range(0, 2000).Select(i => PostEvent(user, Noon.AddSeconds(-i))),
            PostEvent(user, Noon.AddHours(28)),
            PostEvent(user, Noon.AddHours(5)),
            PostEvent(other, Noon),
            .. Enumerable.Range(0, 4000).Select(i => Custom(user, $"{i % 4}")),
            .. Enumerable.Range(0, 3000).Select(_ => Custom(user, null)),
            .. Enumerable.Range(0, 995).Select(_ => Custom(user, "1")),
            PostEvent(other, Noon),
            Custom(user, "new"),
        ]);

        Assert.All(results.Take(2000), r => Assert.Equal(first.Id, r.FollowUp!.Id));
        Assert.Equal(ScheduleOutcome.Scheduled, results[2000].Outcome);
        Assert.Equal(
            (ScheduleOutcome.Duplicate, results[2000].FollowUp!.Id),
            (results[2001].Outcome, results[2001].FollowUp!.Id)
        );
        Assert.Equal(ScheduleOutcome.Scheduled, results[2002].Outcome);
        Assert.All(
            Enumerable.Range(0, 4000),
            i => Assert.Equal(results[2003 + i % 4].FollowUp!.Id, results[2003 + i].FollowUp!.Id)
        );
        Assert.Equal(
            [4, 2],
            [
                results.Skip(2003).Take(4000).Count(r => r.Outcome == ScheduleOutcome.Scheduled),
                results.Count(r => r.FollowUp?.UserId == other),
            ]
        );
        Assert.All(results.Skip(6003).Take(4), r => Assert.Equal(ScheduleOutcome.Scheduled, r.Outcome));
        Assert.All(results.Skip(6007).Take(2996), r => Assert.Equal("pending_limit", r.Reason));
        Assert.All(results.Skip(9003).Take(995), r => Assert.Equal(results[2004].FollowUp!.Id, r.FollowUp!.Id));
        Assert.Equal("pending_limit", results[^1].Reason);
        Assert.Equal(10, (await PendingOf(user)).Count);
        var refusals = await host.Modules.Send(new ListRefusals(user), TestContext.Current.CancellationToken);
        Assert.Equal(
            [995 + 999, 2000, 2997, 999, 999, 999, 1],
            refusals.Items.Select(r => r.Times).OrderBy(times => Array.IndexOf([1994, 2000, 2997, 999, 1], times))
        );
    }

    [Fact]
    public async Task Hundred_equal_requests_at_once_leave_one_and_all_learn_its_id()
    {
        var user = Some.Id();

        var results = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(i => Schedule(PostEvent(user, Noon.AddMinutes(i % 7))))
        );

        Assert.Single(results, result => result[0].Outcome == ScheduleOutcome.Scheduled);
        var pending = Assert.Single(await PendingOf(user));
        Assert.All(results, result => Assert.Equal(pending.Id, result[0].FollowUp!.Id));
    }

    [Fact]
    public async Task Sixteen_writers_of_shuffled_batches_single_requests_and_bookings_neither_deadlock_nor_double()
    {
        var users = Enumerable.Range(0, 25).Select(_ => Some.Id()).ToArray();

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => WriteAllAsync(users))));

        var all = answers.SelectMany(results => results).ToArray();
        Assert.Equal(16 * 25 * 5, all.Length);
        Assert.DoesNotContain(all, answer => answer.FollowUp is null);
        Assert.Equal(4 * 25, all.Count(answer => answer.Outcome == ScheduleOutcome.Scheduled));
        foreach (var user in users)
        {
            var pending = (await PendingOf(user)).ToDictionary(f => f.Trigger, f => f.Id);
            Assert.Equal(4, pending.Count);
            Assert.All(
                all.Where(answer => answer.FollowUp!.UserId == user),
                answer => Assert.Equal(pending[answer.FollowUp!.Trigger], answer.FollowUp.Id)
            );
        }
    }

    // Every trigger for every customer and a confirmation of one of two bookings, in any order, some of them together.
    private async Task<List<ScheduleResult>> WriteAllAsync(string[] users)
    {
        var results = new List<ScheduleResult>();
        var left = new Stack<(string User, FollowUpTrigger? Trigger)>(
            users
                .SelectMany(user =>
                    Enum.GetValues<FollowUpTrigger>().Select(t => (user, (FollowUpTrigger?)t)).Append((user, null))
                )
                .OrderBy(_ => Random.Shared.Next())
        );
        while (left.TryPop(out var next))
        {
            if (next.Trigger is null)
            {
                var confirmed = await host.Modules.Send(
                    new ConfirmBooking($"{next.User}{Random.Shared.Next(2)}", next.User, $"{next.User}c", Soon()),
                    TestContext.Current.CancellationToken
                );
                results.Add(confirmed.Schedule!);
                continue;
            }

            var items = new List<NewFollowUp> { Like(next.User, next.Trigger.Value) };
            var together = Random.Shared.Next(3) == 0 ? 40 : 1;
            while (items.Count < together && left.TryPeek(out next) && next.Trigger is not null)
            {
                left.Pop();
                items.Add(Like(next.User, next.Trigger.Value));
            }

            results.AddRange(await Schedule([.. items]));
        }

        return results;
    }

    private static DateTimeOffset Soon() => Noon.AddHours(Random.Shared.Next(9));

    private static NewFollowUp Like(string user, FollowUpTrigger trigger) =>
        new()
        {
            Trigger = trigger,
            UserId = user,
            EventAt = Soon(),
            LastActivityAt = Soon(),
            ScheduledAt = Soon(),
            Message = "Your menu is ready.",
            DedupeKey = "menu",
        };

    [Fact]
    public async Task Custom_ones_are_duplicates_by_key_alone()
    {
        NewFollowUp Custom(string user, string? key) => Some.FollowUp(user, Noon) with { DedupeKey = key };
        var user = Some.Id();

        var results = await Schedule(
            Custom(user, null),
            Custom(user, null),
            Custom(user, "menu"),
            Custom(user, "menu")
        );

        Assert.Equal(
            [
                ScheduleOutcome.Scheduled,
                ScheduleOutcome.Scheduled,
                ScheduleOutcome.Scheduled,
                ScheduleOutcome.Duplicate,
            ],
            results.Select(result => result.Outcome)
        );
    }

    [Theory]
    [InlineData(0.9, "post_event_high_emotion", FollowUpMood.High)]
    [InlineData(null, "post_event_neutral_emotion", FollowUpMood.Neutral)]
    [InlineData(0.1, "post_event_low_emotion", FollowUpMood.Low)]
    public async Task Template_is_chosen_by_mood_and_read_back_at_once(
        double? score,
        string template,
        FollowUpMood mood
    )
    {
        var (user, conversation) = (Some.Id(), Some.Id());
        var token = TestContext.Current.CancellationToken;
        await host.Modules.Send(new StoreMessages([Some.Message(conversation, score) with { UserId = user }]), token);

        var scheduled = (await Schedule(PostEvent(user, Noon) with { ConversationId = conversation }))[0].FollowUp!;

        var read = await host.Modules.Send(new GetFollowUp(scheduled.Id), token);
        var listed = Assert.Single(
            (await host.Modules.Send(new ListFollowUps(user, Trigger: FollowUpTrigger.PostEvent), token)).Items
        );
        Assert.Equal((template, mood), (scheduled.TemplateId, scheduled.Mood));
        Assert.Equal((template, mood), (read!.TemplateId, read.Mood));
        Assert.Equal(template, listed.TemplateId);
    }

    [Fact]
    public async Task Pinned_template_stays_and_an_unknown_one_is_refused()
    {
        var user = Some.Id();

        var pinned = await Schedule(PostEvent(user, Noon) with { TemplateId = "post_event_low_emotion" });
        var unknown = await Assert.ThrowsAsync<ValidationException>(() =>
            Schedule(PostEvent(user, Noon.AddDays(9)) with { TemplateId = "post_event_furious" })
        );

        Assert.Equal("post_event_low_emotion", pinned[0].FollowUp!.TemplateId);
        Assert.Equal("followUps[0].templateId", Assert.Single(unknown.Errors).PropertyName);
    }

    [Fact]
    public async Task Past_customers_are_written_to_as_such()
    {
        var user = Some.Id();
        await host.Modules.Send(
            new StoreMessages([
                Some.Message(Some.Id()) with
                {
                    UserId = user,
                },
                Some.Message(Some.Id()) with
                {
                    UserId = user,
                },
            ]),
            TestContext.Current.CancellationToken
        );

        var result = await Schedule(
            new NewFollowUp
            {
                Trigger = FollowUpTrigger.Reengagement,
                UserId = user,
                LastActivityAt = Noon,
            }
        );

        Assert.Equal("reengagement_past_customer", result[0].FollowUp!.TemplateId);
    }

    private async Task<string> CustomerIn(string zone)
    {
        var user = Some.Id();
        await host.Modules.Send(
            new PutRecipient { UserId = user, TimeZone = zone },
            TestContext.Current.CancellationToken
        );
        return user;
    }

    [Fact]
    public async Task Next_day_at_ten_is_ten_on_the_customers_clocks()
    {
        var results = await Schedule(
            PostEvent(await CustomerIn("Asia/Kathmandu"), Noon) with
            {
                LocalTime = "10:00",
            },
            PostEvent(await CustomerIn("Asia/Kathmandu"), Noon) with
            {
                LocalTime = "10:00",
                DaysAfter = 2,
                TimeZone = "Europe/Berlin",
            },
            PostEvent(Some.Id(), Noon) with
            {
                LocalTime = "10:00",
            },
            PostEvent(Some.Id(), Noon)
        );

        Assert.Equal(
            [
                new(2031, 11, 6, 4, 15, 0, TimeSpan.Zero),
                new(2031, 11, 7, 9, 0, 0, TimeSpan.Zero),
                new(2031, 11, 6, 10, 0, 0, TimeSpan.Zero),
                Noon.AddDays(1),
            ],
            results.Select(result => result.FollowUp!.ScheduledAt)
        );
        Assert.Equal(
            [
                new FollowUpClock(1, "10:00", "Asia/Kathmandu", true),
                new FollowUpClock(2, "10:00", "Europe/Berlin", false),
                new FollowUpClock(1, "10:00", "UTC", true),
                null,
            ],
            results.Select(result => result.FollowUp!.Clock)
        );
        Assert.All(results, r => Assert.Equal(r.FollowUp!.ScheduledAt.AddDays(7), r.FollowUp.NotAfter));
    }

    [Fact]
    public async Task Every_trigger_counts_from_its_own_day()
    {
        var user = await CustomerIn("America/New_York");
        NewFollowUp At(FollowUpTrigger trigger) =>
            new()
            {
                Trigger = trigger,
                UserId = user,
                LastActivityAt = Noon,
                ScheduledAt = Noon,
                Message = "Your menu is ready.",
                LocalTime = "09:30",
            };

        var results = await Schedule(
            At(FollowUpTrigger.Reengagement),
            At(FollowUpTrigger.Custom),
            At(FollowUpTrigger.EmotionBased)
        );

        Assert.Equal(new(2031, 12, 5, 14, 30, 0, TimeSpan.Zero), results[0].FollowUp!.ScheduledAt);
        Assert.Equal(new(2031, 11, 5, 14, 30, 0, TimeSpan.Zero), results[1].FollowUp!.ScheduledAt);
        var newYork = NodaTime.DateTimeZoneProviders.Tzdb["America/New_York"];
        var (made, due) = (Local(results[2].FollowUp!.CreatedAt), Local(results[2].FollowUp!.ScheduledAt));
        Assert.Equal(made.Date.PlusDays(1).At(new NodaTime.LocalTime(9, 30)), due);

        NodaTime.LocalDateTime Local(DateTimeOffset at) =>
            NodaTime.Instant.FromDateTimeOffset(at).InZone(newYork).LocalDateTime;
    }

    [Theory]
    [InlineData("10:0", null, null, null, "localTime")]
    [InlineData("24:00", null, null, null, "localTime")]
    [InlineData(null, 1, null, null, "localTime")]
    [InlineData(null, null, "Europe/Berlin", null, "localTime")]
    [InlineData("10:00", -1, null, null, "daysAfter")]
    [InlineData("10:00", 367, null, null, "daysAfter")]
    [InlineData("10:00", null, "Mars/Olympus", null, "timeZone")]
    [InlineData("10:00", null, null, 2, "delay")]
    public async Task Clock_that_cannot_be_read_names_the_field(
        string? time,
        int? days,
        string? zone,
        int? delay,
        string field
    )
    {
        var problem = await Assert.ThrowsAsync<ValidationException>(() =>
            Schedule(
                PostEvent(Some.Id(), Noon) with
                {
                    LocalTime = time,
                    DaysAfter = days,
                    TimeZone = zone,
                    Delay = delay is { } hours ? TimeSpan.FromHours(hours) : null,
                }
            )
        );

        Assert.Equal($"followUps[0].{field}", Assert.Single(problem.Errors).PropertyName);
    }

    [Theory]
    [InlineData(FollowUpTrigger.Custom, null, null, -0.001, false)]
    [InlineData(FollowUpTrigger.Custom, null, null, 0, true)]
    [InlineData(FollowUpTrigger.PostEvent, null, null, 23.9, false)]
    [InlineData(FollowUpTrigger.PostEvent, null, null, 24, true)]
    [InlineData(FollowUpTrigger.PostEvent, 2.0, null, 1.9, false)]
    [InlineData(FollowUpTrigger.PostEvent, 2.0, null, 2, true)]
    [InlineData(FollowUpTrigger.PostEvent, null, "10:00", -0.1, false)]
    [InlineData(FollowUpTrigger.PostEvent, null, "10:00", 30, true)]
    [InlineData(FollowUpTrigger.Reengagement, null, null, 719.9, false)]
    [InlineData(FollowUpTrigger.Reengagement, null, null, 720, true)]
    [InlineData(FollowUpTrigger.EmotionBased, null, null, -99_999, false)]
    public async Task Deadline_before_the_follow_up_is_due_names_the_field(
        FollowUpTrigger trigger,
        double? delay,
        string? localTime,
        double notAfter,
        bool taken
    )
    {
        var item = Like(Some.Id(), trigger) with
        {
            EventAt = Noon,
            LastActivityAt = Noon,
            ScheduledAt = Noon,
            Delay = delay is { } hours ? TimeSpan.FromHours(hours) : null,
            LocalTime = localTime,
            NotAfter = Noon.AddHours(notAfter),
        };

        if (taken)
        {
            Assert.Equal(ScheduleOutcome.Scheduled, (await Schedule(item))[0].Outcome);
            return;
        }

        var problem = await Assert.ThrowsAsync<ValidationException>(() => Schedule(PostEvent(Some.Id(), Noon), item));
        Assert.Equal("followUps[1].notAfter", Assert.Single(problem.Errors).PropertyName);
    }
}
