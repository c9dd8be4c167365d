using CsCheck;
using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Scheduling;

// Any sequence of what callers may do, beside a model that does the same in memory: the answers and what is left must agree. Nothing is sent
// meanwhile: what is retried would be due at once, so dispatch is paused.
public sealed partial class LifecycleTests(HostFixture host) : IClassFixture<HostFixture>
{
    private enum Deed
    {
        PostEvent,
        Custom,
        Reengagement,
        EmotionBased,
        Cancel,
        Reschedule,
        Fail,
        Retry,
        Confirm,
        MoveBooking,
        CancelBooking,
        RecordNoShow,
        OptOut,
    }

    // So far ahead that nothing falls due meanwhile.
    private static readonly DateTimeOffset Base = new(2091, 11, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Any_sequence_of_calls_ends_as_the_model_says()
    {
        await host.Modules.Send(new PauseDispatch(), Token);
        await Gen.Select(Gen.Enum<Deed>(), Gen.Int[0, 11], Gen.Int[0, 20], Gen.Int[0, 2])
            .Array[1, 40]
            .SampleAsync(
                async deeds =>
                {
                    var world = new World(host);
                    foreach (var (deed, which, when, booking) in deeds)
                    {
                        await world.DoAsync(deed, which, Base.AddHours(6 * when), booking);
                    }

                    await world.CompareAsync();
                },
                iter: 60,
                threads: 2
            );
    }

    private sealed class Expected
    {
        public required Guid Id { get; init; }
        public required FollowUpTrigger Trigger { get; init; }
        public required DateTimeOffset DueAt { get; set; }
        public DateTimeOffset? EventAt { get; set; }
        public string? Booking { get; init; }
        public string? Key { get; init; }
        public FollowUpStatus Status { get; set; }

        // How many there were when it was dropped beside another.
        public int? DroppedAfter { get; set; }
    }

    private sealed class ExpectedBooking
    {
        public BookingState State { get; set; }
        public DateTimeOffset OccurredAt { get; set; }
        public DateTimeOffset? EventAt { get; set; }
        public DateTimeOffset? MovedAt { get; set; }
        public bool Confirmed { get; set; }
    }

    private sealed partial class World(HostFixture host)
    {
        private readonly string user = Some.Id();
        private readonly string conversation = Some.Id();
        private readonly List<Expected> all = [];
        private readonly Dictionary<string, ExpectedBooking> bookings = new(StringComparer.Ordinal);
        private string? refused;

        private IEnumerable<Expected> Pending => all.Where(f => f.Status == FollowUpStatus.Pending);

        public Task DoAsync(Deed deed, int which, DateTimeOffset at, int booking)
        {
            var name = booking == 0 ? null : $"{user}{booking}";
            // Reports on bookings come in any order.
            var occurredAt = Base.AddYears(-70).AddMinutes(which);
            return deed switch
            {
                Deed.PostEvent => ScheduleAsync(FollowUpTrigger.PostEvent, at, name, null),
                Deed.Custom => ScheduleAsync(
                    FollowUpTrigger.Custom,
                    at,
                    name,
                    which % 3 == 0 ? null : $"key{which % 3}"
                ),
                Deed.Reengagement => ScheduleAsync(FollowUpTrigger.Reengagement, at, null, null),
                Deed.EmotionBased => ScheduleAsync(FollowUpTrigger.EmotionBased, at, null, null),
                Deed.Confirm when name is not null => ConfirmAsync(name, at, occurredAt),
                Deed.MoveBooking when name is not null => MoveAsync(name, at, occurredAt),
                Deed.CancelBooking when name is not null => CancelAsync(name, occurredAt),
                Deed.RecordNoShow when name is not null => NoShowAsync(name, occurredAt),
                Deed.OptOut => OptOutAsync(new[] { null, "custom", "all" }[booking]),
                Deed.Cancel when which < all.Count => CancelAsync(all[which]),
                Deed.Reschedule when which < all.Count => RescheduleAsync(all[which], at),
                Deed.Fail when which < all.Count => FailAsync(all[which]),
                Deed.Retry when which < all.Count => RetryAsync(all[which]),
                _ => Task.CompletedTask,
            };
        }

        public async Task CompareAsync()
        {
            var page = await host.Modules.Send(new ListFollowUps(user, Limit: 200), Token);
            Assert.Equal(
                all.Where(f => f.Trigger != FollowUpTrigger.EmotionBased)
                    .Select(f => (f.Id, f.Status, f.DueAt))
                    .OrderBy(f => f.Id),
                page.Items.Where(f => f.Trigger != FollowUpTrigger.EmotionBased)
                    .Select(f => (f.Id, f.Status, f.ScheduledAt))
                    .OrderBy(f => f.Id)
            );
            Assert.Equal(all.Count, page.Items.Count);
        }

        private async Task ScheduleAsync(FollowUpTrigger trigger, DateTimeOffset at, string? booking, string? key)
        {
            var item = new NewFollowUp
            {
                Trigger = trigger,
                UserId = user,
                BookingId = booking,
                EventAt = at,
                LastActivityAt = at,
                ScheduledAt = at,
                Message = "Your menu is ready.",
                DedupeKey = key,
            };
            Expect(item, (await host.Modules.Send(new ScheduleFollowUps([item]), Token))[0]);
        }

        private void Expect(NewFollowUp item, ScheduleResult result)
        {
            var booking = item.BookingId is { } name ? bookings.GetValueOrDefault(name) : null;
            var eventAt = item.Trigger == FollowUpTrigger.PostEvent ? booking?.EventAt ?? item.EventAt : item.EventAt;
            var dueAt = item.Trigger switch
            {
                FollowUpTrigger.PostEvent => eventAt!.Value + Day,
                FollowUpTrigger.Reengagement => item.LastActivityAt!.Value + 30 * Day,
                FollowUpTrigger.EmotionBased => result.FollowUp?.ScheduledAt ?? default,
                _ => item.ScheduledAt!.Value,
            };
            var there = Like(item.Trigger!.Value, dueAt, item.DedupeKey, null);
            var reason =
                Refuses(item.Trigger!.Value) ? "opted_out"
                : item.Trigger == FollowUpTrigger.PostEvent && booking?.State == BookingState.Cancelled
                    ? "booking_cancelled"
                : Pending.Count() >= 10 ? "pending_limit"
                : null;

            if (there is not null)
            {
                Assert.Equal((ScheduleOutcome.Duplicate, there.Id), (result.Outcome, result.FollowUp!.Id));
            }
            else if (reason is not null)
            {
                Assert.Equal(new ScheduleResult(ScheduleOutcome.Suppressed, reason, null), result);
            }
            else
            {
                Assert.Equal((ScheduleOutcome.Scheduled, dueAt), (result.Outcome, result.FollowUp!.ScheduledAt));
                all.Add(
                    new Expected
                    {
                        Id = result.FollowUp.Id,
                        Trigger = item.Trigger!.Value,
                        DueAt = dueAt,
                        EventAt = eventAt,
                        Booking = item.BookingId,
                        Key = item.DedupeKey,
                    }
                );
            }
        }

        // The first of those that make another needless.
        private Expected? Like(FollowUpTrigger trigger, DateTimeOffset dueAt, string? key, Expected? but) =>
            Pending
                .Where(f =>
                    f != but
                    && f.Trigger == trigger
                    && trigger switch
                    {
                        FollowUpTrigger.PostEvent => (f.DueAt - dueAt).Duration() <= Day,
                        FollowUpTrigger.Custom => key is not null && f.Key == key,
                        _ => true,
                    }
                )
                .OrderBy(f => f.DueAt)
                .ThenBy(f => $"{f.Id}", StringComparer.Ordinal)
                .FirstOrDefault();

        private bool Refuses(FollowUpTrigger trigger) =>
            refused == "all" || (refused == "custom" && trigger == FollowUpTrigger.Custom);

        private async Task OptOutAsync(string? from)
        {
            refused = from;
            await host.Modules.Send(new PutRecipient { UserId = user, OptOut = from is null ? [] : [from] }, Token);
            foreach (var f in Pending.Where(f => Refuses(f.Trigger)).ToList())
            {
                f.Status = FollowUpStatus.Cancelled;
            }
        }

        private async Task CancelAsync(Expected f)
        {
            var result = await host.Modules.Send(new CancelFollowUp(f.Id), Token);
            f.Status = f.Status == FollowUpStatus.Pending ? FollowUpStatus.Cancelled : f.Status;
            Assert.Equal((f.Status == FollowUpStatus.Cancelled, f.Status), (result!.Cancelled, result.FollowUp.Status));
        }

        private async Task RescheduleAsync(Expected f, DateTimeOffset at)
        {
            var result = await host.Modules.Send(new RescheduleFollowUp(f.Id, at), Token);
            var moves =
                f.Status == FollowUpStatus.Pending
                && (f.Trigger != FollowUpTrigger.PostEvent || Like(f.Trigger, at, null, f) is null);
            f.DueAt = moves ? at : f.DueAt;
            Assert.Equal(moves, result!.Rescheduled);
        }

        private async Task FailAsync(Expected f)
        {
            await host.ExecuteAsync("UPDATE followups.follow_ups SET status = 3 WHERE id = $1 AND status = 0", f.Id);
            f.Status = f.Status == FollowUpStatus.Pending ? FollowUpStatus.Failed : f.Status;
        }

        private async Task RetryAsync(Expected f)
        {
            var retries =
                f.Status == FollowUpStatus.Failed && Like(f.Trigger, f.DueAt, f.Key, f) is null && Pending.Count() < 10;
            f.Status = retries ? FollowUpStatus.Pending : f.Status;
            Assert.Equal(retries, (await host.Modules.Send(new RetryFollowUp(f.Id), Token))!.Retried);
        }
    }
}
