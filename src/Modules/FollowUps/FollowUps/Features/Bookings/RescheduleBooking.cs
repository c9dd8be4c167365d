using FluentValidation;
using FollowUps.Bookings;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Dispatch;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Bookings;

internal sealed class RescheduleBookingValidator : AbstractValidator<RescheduleBooking>
{
    public RescheduleBookingValidator() =>
        RuleFor(r => r)
            .Custom(
                (r, context) =>
                {
                    BookingReport.Check(r.BookingId, r.OccurredAt, context.AddFailure);
                    FollowUpRules.CheckInstant("eventAt", r.EventAt, needed: true, context.AddFailure);
                }
            );
}

internal sealed class RescheduleBookingHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    DueSignal due,
    TimeProvider clock
) : IRequestHandler<RescheduleBooking, BookingResult>
{
    public async Task<BookingResult> Handle(RescheduleBooking request, CancellationToken cancellationToken)
    {
        var now = FollowUpRules.ToMicrosecond(clock.GetUtcNow());
        var report = new BookingReport(
            request.BookingId,
            BookingState.Rescheduled,
            request.OccurredAt ?? now,
            request.EventAt
        );
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(report.Command(now));
        batch.BatchCommands.Add(Command(request.BookingId, now));

        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var state = (BookingState)row.GetInt16(0);
        await row.NextResultAsync(cancellationToken);
        var moved = 0;
        while (await row.ReadAsync(cancellationToken))
        {
            moved++;
            due.Announce(row.GetFieldValue<DateTimeOffset>(0));
        }

        return new BookingResult(request.BookingId, state, moved);
    }

    public static NpgsqlBatchCommand Command(string bookingId, DateTimeOffset now) =>
        new(MoveSql)
        {
            Parameters =
            {
                new() { Value = bookingId },
                new() { Value = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
            },
        };

    // A statement of its own, after the booking's row is locked: it sees what a confirmation committed meanwhile.
    private static readonly string MoveSql = $"""
        UPDATE followups.follow_ups f
        SET scheduled_at = mine.due_at, next_at = mine.due_at, not_after = {FollowUpTable.Moved(
            "f.not_after",
            "mine.due_at - f.scheduled_at"
        )},
            event_at = f.event_at + mine.away, anchor_at = f.anchor_at + mine.away, held_reason = NULL,
            decisions = f.decisions || jsonb_build_object('at', $2, 'decision', 'moved', 'reason', 'booking_rescheduled',
                'inputs', jsonb_build_object('from', f.scheduled_at, 'to', mine.due_at, 'eventAt', f.event_at + mine.away))
        FROM (
            SELECT f.id, moved.away, {FollowUpTable.DueAfterMove} AS due_at
            FROM followups.follow_ups f
            JOIN followups.bookings b ON b.booking_id = f.booking_id AND b.event_at <> f.event_at
            CROSS JOIN LATERAL (SELECT b.event_at - f.event_at AS away) moved
            WHERE f.booking_id = $1 AND f.status = 0 AND f.trigger = 0 AND {FollowUpTable.Idle}
            ORDER BY f.id
            FOR NO KEY UPDATE OF f
        ) mine
        WHERE f.id = mine.id
        RETURNING f.next_at
        """;
}
