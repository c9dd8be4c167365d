using CsCheck;
using FollowUps.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Testing;

namespace FollowUps.Tests.Scheduling;

// The windows of all triggers, beside a model of a few lines: what is there may be pending, sent, cancelled or failed, and what is asked for lies
// on a boundary, a microsecond beside it, or far from it. The clock stands where it is put, so that the boundaries in the past are met too.
public sealed class DuplicatesTests(DuplicatesTests.StoppedHost host) : IClassFixture<DuplicatesTests.StoppedHost>
{
    private const string Refused = "Refuse this.";
    private const int Most = 25;
    private static readonly DateTimeOffset Base = new(2031, 6, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Microsecond = TimeSpan.FromMicroseconds(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private enum Kind
    {
        Schedule,
        ScheduleThree,
        ScheduleAll,
        Cancel,
        Send,
        SendAndAwaitTheEndOfAPause,
        Advance,
    }

    private static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    // A boundary and what lies next to it.
    private static Gen<TimeSpan> Around(params TimeSpan[] spans) =>
        Gen.Select(Of(spans), Gen.Int[-1, 1], Gen.Bool, (span, off, back) => (back ? -span : span) + off * Microsecond);

    private static readonly Gen<Wish> Wishes = Gen.Select(
        Gen.Enum<FollowUpTrigger>(),
        Gen.Int[0, 4],
        Gen.OneOf(Around(Day), Around(Day, TimeSpan.Zero), Gen.Int[-60, 60].Select(hours => TimeSpan.FromHours(hours))),
        Of<TimeSpan?>(null, TimeSpan.Zero, Day, TimeSpan.FromHours(7)),
        Of(null, "menu", "wine"),
        Of(null, null, "b1", "b2"),
        Gen.Int[0, 3].Select(i => i == 0),
        (trigger, beside, off, delay, key, booking, fails) => new Wish(trigger, beside, off, delay, key, booking, fails)
    );

    [Fact]
    public async Task What_is_a_duplicate_and_of_what_is_as_the_model_says() =>
        await Gen.Select(
                Gen.Enum<Kind>(),
                Wishes.Array[40],
                Gen.Int[0, 9],
                Around(TimeSpan.Zero, Day, Day * 7, Day * 30)
            )
            .Array[3, 16]
            .SampleAsync(
                async steps =>
                {
                    var world = new World(host);
                    foreach (var (kind, wishes, which, span) in steps)
                    {
                        await world.DoAsync(kind, wishes, which, span.Duration());
                    }

                    await world.CompareAsync();
                },
                iter: 150,
                threads: 1
            );

    private sealed record Wish(
        FollowUpTrigger Trigger,
        int Beside,
        TimeSpan Off,
        TimeSpan? Delay,
        string? Key,
        string? Booking,
        bool Fails
    );

    private sealed class There
    {
        public required Guid Id { get; init; }
        public required FollowUpTrigger Trigger { get; init; }
        public required DateTimeOffset DueAt { get; init; }
        public required string? Key { get; init; }
        public required string? Booking { get; init; }
        public required bool Fails { get; init; }
        public FollowUpStatus Status { get; set; }
        public DateTimeOffset? SentAt { get; set; }
    }

    private sealed class World
    {
        private readonly StoppedHost host;
        private readonly string user = Some.Id();
        private readonly List<There> all = [];

        public World(StoppedHost host)
        {
            this.host = host;
            host.Clock.Now = Base;
        }

        private DateTimeOffset Now => host.Clock.Now;

        public async Task DoAsync(Kind kind, Wish[] wishes, int which, TimeSpan span)
        {
            switch (kind)
            {
                case Kind.Schedule:
                    await ScheduleAsync(wishes[..1]);
                    break;
                case Kind.ScheduleThree:
                    await ScheduleAsync(wishes[..3]);
                    break;
                // So many that they are decided in one statement.
                case Kind.ScheduleAll:
                    await ScheduleAsync([.. wishes, .. wishes, .. wishes]);
                    break;
                case Kind.Cancel when which < all.Count:
                    await host.Modules.Send(new CancelFollowUp(all[which].Id), Token);
                    all[which].Status =
                        all[which].Status == FollowUpStatus.Pending ? FollowUpStatus.Cancelled : all[which].Status;
                    break;
                case Kind.Send:
                    await SendAsync();
                    break;
                // By way of the check-in's delay, so that what was just sent is a pause old to the microsecond, or nearly.
                case Kind.SendAndAwaitTheEndOfAPause:
                    host.Clock.Now += TimeSpan.FromHours(2);
                    await SendAsync();
                    host.Clock.Now += Day * (which % 2 == 0 ? 7 : 30) + (which % 3 - 1) * Microsecond;
                    break;
                case Kind.Advance:
                    host.Clock.Now += span;
                    break;
            }
        }

        public async Task CompareAsync()
        {
            var page = await host.Modules.Send(new ListFollowUps(user, Limit: 200), Token);
            Assert.Equal(
                all.Select(f => (f.Id, f.Status, f.DueAt)).OrderBy(f => f.Id),
                page.Items.Select(f => (f.Id, f.Status, f.ScheduledAt)).OrderBy(f => f.Id)
            );
        }

        private async Task ScheduleAsync(Wish[] wishes)
        {
            var items = Array.ConvertAll(wishes, Item);
            var results = await host.Modules.Send(new ScheduleFollowUps(items), Token);
            for (var i = 0; i < items.Length; i++)
            {
                Expect(items[i], results[i]);
            }
        }

        // Due beside one that is there.
        private NewFollowUp Item(Wish wish)
        {
            var alike = all.Where(f => f.Trigger == wish.Trigger).ToList();
            var at = (wish.Beside < alike.Count ? alike[^(1 + wish.Beside)].DueAt : Now) + wish.Off;
            return new NewFollowUp
            {
                Trigger = wish.Trigger,
                UserId = user,
                BookingId = wish.Booking is { } booking ? user + booking : null,
                EventAt = at - (wish.Delay ?? Day),
                Delay = wish.Delay,
                LastActivityAt = at - Day * 30,
                ScheduledAt = at,
                Message = wish.Fails ? Refused : "Your menu is ready.",
                TemplateId = "custom",
                DedupeKey = wish.Key,
            };
        }

        private void Expect(NewFollowUp item, ScheduleResult result)
        {
            var dueAt =
                item.Trigger == FollowUpTrigger.EmotionBased ? Now + TimeSpan.FromHours(2) : item.ScheduledAt!.Value;
            if (Like(item, dueAt) is { } there)
            {
                Assert.Equal((ScheduleOutcome.Duplicate, there.Id), (result.Outcome, result.FollowUp!.Id));
                return;
            }

            if (all.Count(f => f.Status == FollowUpStatus.Pending) >= Most)
            {
                Assert.Equal(new ScheduleResult(ScheduleOutcome.Suppressed, "pending_limit", null), result);
                return;
            }

            Assert.Equal((ScheduleOutcome.Scheduled, dueAt), (result.Outcome, result.FollowUp!.ScheduledAt));
            all.Add(
                new There
                {
                    Id = result.FollowUp.Id,
                    Trigger = item.Trigger!.Value,
                    DueAt = dueAt,
                    Key = item.DedupeKey,
                    Booking = item.BookingId,
                    Fails = item.Message == Refused,
                }
            );
        }

        private There? Like(NewFollowUp item, DateTimeOffset dueAt)
        {
            bool Near(There f) => f.DueAt >= dueAt - Day && f.DueAt <= dueAt + Day;
            var alike = all.Where(f => f.Trigger == item.Trigger).ToList();
            var pending = alike
                .Where(f => f.Status == FollowUpStatus.Pending)
                .Where(f =>
                    item.Trigger switch
                    {
                        FollowUpTrigger.PostEvent => Near(f),
                        FollowUpTrigger.Custom => item.DedupeKey is not null && f.Key == item.DedupeKey,
                        _ => true,
                    }
                );
            var sent = alike.Where(f => f.Status == FollowUpStatus.Executed);
            return First(pending)
                ?? item.Trigger switch
                {
                    FollowUpTrigger.Reengagement => Latest(sent.Where(f => f.SentAt > Now - Day * 30)),
                    FollowUpTrigger.EmotionBased => Latest(sent.Where(f => f.SentAt > Now - Day * 7)),
                    FollowUpTrigger.PostEvent when item.BookingId is not null => First(
                        sent.Where(f => f.Booking == item.BookingId && Near(f))
                    ),
                    _ => null,
                };
        }

        private static There? First(IEnumerable<There> those) =>
            those.OrderBy(f => f.DueAt).ThenBy(f => $"{f.Id}", StringComparer.Ordinal).FirstOrDefault();

        private static There? Latest(IEnumerable<There> those) => those.MaxBy(f => f.SentAt);

        private async Task SendAsync()
        {
            while ((await host.Modules.Send(new DispatchDueFollowUps(), Token)).Claimed > 0) { }

            foreach (var f in all.Where(f => f.Status == FollowUpStatus.Pending && f.DueAt <= Now))
            {
                f.Status = f.Fails ? FollowUpStatus.Failed : FollowUpStatus.Executed;
                f.SentAt = f.Fails ? null : Now;
            }
        }
    }

    // Nothing grows stale.
    public sealed class StoppedHost()
        : StoppedHostFixture(("FollowUps:StaleAfter", "3650.00:00:00"), ("FollowUps:MaxPendingPerUser", $"{Most}"))
    {
        protected override void Customise(WebApplicationBuilder builder)
        {
            base.Customise(builder);
            builder.Services.AddSingleton<IDeliveryChannel>(new PickyChannel());
        }
    }

    private sealed class PickyChannel : IDeliveryChannel
    {
        public string Name => "picky";

        public Task<IReadOnlyList<DeliveryResult>> DeliverAsync(
            IReadOnlyList<Contracts.Delivery> deliveries,
            CancellationToken cancellationToken
        ) =>
            Task.FromResult<IReadOnlyList<DeliveryResult>>([
                .. deliveries.Select(d =>
                    d.Body.Contains(Refused, StringComparison.Ordinal)
                        ? new DeliveryResult(false, "no such address", true)
                        : new(true)
                ),
            ]);
    }
}
