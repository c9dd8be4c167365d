using FollowUps.Contracts;

namespace FollowUps.Tests.Features.Scheduling;

// What reports on bookings do in the model.
public sealed partial class LifecycleTests
{
    private sealed partial class World
    {
        private ExpectedBooking Report(
            string name,
            BookingState state,
            DateTimeOffset occurredAt,
            DateTimeOffset? eventAt
        )
        {
            if (!bookings.TryGetValue(name, out var booking))
            {
                bookings[name] = booking = new ExpectedBooking
                {
                    State = state,
                    OccurredAt = occurredAt,
                    EventAt = eventAt,
                    MovedAt = eventAt is null ? null : occurredAt,
                };
                return booking;
            }

            if ((occurredAt, state).CompareTo((booking.OccurredAt, booking.State)) >= 0)
            {
                (booking.OccurredAt, booking.State) = (occurredAt, state);
            }

            if (
                eventAt is not null
                && (
                    booking.MovedAt is not { } moved
                    || occurredAt > moved
                    || (occurredAt == moved && state == BookingState.Rescheduled)
                )
            )
            {
                (booking.EventAt, booking.MovedAt) = (eventAt, occurredAt);
            }

            return booking;
        }

        private async Task ConfirmAsync(string name, DateTimeOffset at, DateTimeOffset occurredAt)
        {
            var result = await host.Modules.Send(
                new ConfirmBooking(name, user, conversation, at, null, occurredAt),
                Token
            );
            var booking = Report(name, BookingState.Confirmed, occurredAt, at);
            booking.Confirmed = true;
            Move(name, booking);
            Expect(
                new NewFollowUp
                {
                    Trigger = FollowUpTrigger.PostEvent,
                    UserId = user,
                    BookingId = name,
                    EventAt = at,
                },
                result.Schedule!
            );
        }

        private async Task MoveAsync(string name, DateTimeOffset at, DateTimeOffset occurredAt)
        {
            var result = await host.Modules.Send(new RescheduleBooking(name, at, occurredAt), Token);
            var booking = Report(name, BookingState.Rescheduled, occurredAt, at);
            var moved = Move(name, booking) + await ExpectLeftOutAsync(name);
            Assert.Equal(new BookingResult(name, booking.State, moved), result);
        }

        // Those that come next to another go; of two that moved the later one.
        private int Move(string name, ExpectedBooking booking)
        {
            var moved = Pending
                .Where(f => f.Booking == name && f.Trigger == FollowUpTrigger.PostEvent && f.EventAt != booking.EventAt)
                .ToList();
            foreach (var f in moved)
            {
                f.DueAt += booking.EventAt!.Value - f.EventAt!.Value;
                f.EventAt = booking.EventAt;
            }

            bool Before(Expected one, Expected other) =>
                one.DueAt < other.DueAt
                || (one.DueAt == other.DueAt && string.CompareOrdinal($"{one.Id}", $"{other.Id}") < 0);
            var dropped = moved
                .Where(f =>
                    Pending.Any(other =>
                        other != f
                        && other.Trigger == FollowUpTrigger.PostEvent
                        && (other.DueAt - f.DueAt).Duration() <= Day
                        && (!moved.Contains(other) || Before(other, f))
                    )
                )
                .ToList();
            dropped.ForEach(f => (f.Status, f.DroppedAfter) = (FollowUpStatus.Cancelled, all.Count));
            return moved.Count;
        }

        // What was dropped, and a confirmation that was answered with another's follow-up, gets its own where there is room now.
        private async Task<int> ExpectLeftOutAsync(string name)
        {
            var postEvents = all.Where(f => f.Trigger == FollowUpTrigger.PostEvent).ToList();
            if (refused == "all" || !(bookings[name].Confirmed || postEvents.Exists(f => f.Booking == name)))
            {
                return 0;
            }

            var wanted = bookings
                .Where(b => b.Value.Confirmed || b.Key == name)
                .Where(b => b.Value.EventAt is not null && b.Value.State <= BookingState.Rescheduled)
                .SelectMany(b =>
                {
                    var own = postEvents.Where(f => f.Booking == b.Key).ToList();
                    var delays = own.Where(f =>
                            f.DroppedAfter is { } count && all.Skip(count).All(since => !own.Contains(since))
                        )
                        .Select(f => f.DueAt - f.EventAt!.Value);
                    return (own.Count == 0 && b.Value.Confirmed ? [Day] : delays).Select(delay =>
                        (Booking: b.Key, EventAt: b.Value.EventAt!.Value, DueAt: b.Value.EventAt!.Value + delay)
                    );
                })
                .Where(w => Like(FollowUpTrigger.PostEvent, w.DueAt, null, null) is null)
                .OrderBy(w => w.EventAt)
                .ThenBy(w => w.Booking, StringComparer.Ordinal)
                .ThenBy(w => w.DueAt)
                .ToList();
            var scheduled = 0;
            var listed = await host.Modules.Send(new ListFollowUps(user, FollowUpStatus.Pending, Limit: 200), Token);
            foreach (var (booking, eventAt, dueAt) in wanted)
            {
                if (Like(FollowUpTrigger.PostEvent, dueAt, null, null) is not null || Pending.Count() >= 10)
                {
                    continue;
                }

                var anew = Assert.Single(
                    listed.Items,
                    f => f.BookingId == booking && f.ScheduledAt == dueAt && all.TrueForAll(known => known.Id != f.Id)
                );
                all.Add(
                    new Expected
                    {
                        Id = anew.Id,
                        Trigger = FollowUpTrigger.PostEvent,
                        DueAt = dueAt,
                        EventAt = eventAt,
                        Booking = booking,
                    }
                );
                scheduled++;
            }

            return scheduled;
        }

        private async Task CancelAsync(string name, DateTimeOffset occurredAt)
        {
            var result = await host.Modules.Send(new CancelBooking(name, occurredAt), Token);
            var booking = Report(name, BookingState.Cancelled, occurredAt, null);
            var cancelled =
                booking.State == BookingState.Cancelled ? Pending.Where(f => f.Booking == name).ToList() : [];
            cancelled.ForEach(f => f.Status = FollowUpStatus.Cancelled);
            await ExpectLeftOutAsync(name);
            Assert.Equal(new BookingResult(name, booking.State, cancelled.Count), result);
        }

        private async Task NoShowAsync(string name, DateTimeOffset occurredAt)
        {
            var result = await host.Modules.Send(new RecordNoShow(name, occurredAt), Token);
            Assert.Equal(new BookingResult(name, Report(name, BookingState.NoShow, occurredAt, null).State, 0), result);
        }
    }
}
