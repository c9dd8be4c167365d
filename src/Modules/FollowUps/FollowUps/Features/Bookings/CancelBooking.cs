using FluentValidation;
using FollowUps.Bookings;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Bookings;

internal sealed class CancelBookingValidator : AbstractValidator<CancelBooking>
{
    public CancelBookingValidator() =>
        RuleFor(r => r).Custom((r, context) => BookingReport.Check(r.BookingId, r.OccurredAt, context.AddFailure));
}

internal sealed class CancelBookingHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    ScheduleWrite write,
    IOptions<FollowUpsOptions> options,
    TimeProvider clock
) : IRequestHandler<CancelBooking, BookingResult>
{
    public async Task<BookingResult> Handle(CancelBooking request, CancellationToken cancellationToken)
    {
        var now = FollowUpRules.ToMicrosecond(clock.GetUtcNow());
        var report = new BookingReport(request.BookingId, BookingState.Cancelled, request.OccurredAt ?? now);
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(report.Command(now));
        batch.BatchCommands.Add(Command(request.BookingId, now));
        batch.BatchCommands.Add(LeftOut.Command(request.BookingId, now, options.Value));

        BookingState state;
        List<NewFollowUp> leftOut;
        await using (var row = await batch.ExecuteReaderAsync(cancellationToken))
        {
            await row.ReadAsync(cancellationToken);
            state = (BookingState)row.GetInt16(0);
            await row.NextResultAsync(cancellationToken);
            leftOut = await LeftOut.ReadAsync(row, cancellationToken);
        }

        // A second crossing, and rare. Should it fail, the report is repeated, and finds them again.
        if (leftOut.Count > 0)
        {
            await write.ExecuteAsync(leftOut, cancellationToken);
        }

        return new BookingResult(request.BookingId, state, (int)batch.BatchCommands[1].RecordsAffected);
    }

    public static NpgsqlBatchCommand Command(string bookingId, DateTimeOffset now) =>
        new(CancelSql)
        {
            Parameters =
            {
                new() { Value = bookingId },
                new() { Value = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
            },
        };

    // A statement of its own, after the booking's row is locked: it sees what a confirmation committed meanwhile.
    private const string CancelSql = $"""
        UPDATE followups.follow_ups f
        SET status = 2, cancelled_at = $2, cancel_reason = 'booking_cancelled', held_reason = NULL,
            decisions = f.decisions || jsonb_build_object('at', $2, 'decision', 'cancelled', 'reason', 'booking_cancelled')
        FROM (
            SELECT f.id
            FROM followups.follow_ups f
            JOIN followups.bookings b ON b.booking_id = f.booking_id AND b.state = 4
            WHERE f.booking_id = $1 AND f.status = 0 AND {FollowUpTable.Idle}
            ORDER BY f.id
            FOR NO KEY UPDATE OF f
        ) mine
        WHERE f.id = mine.id
        """;
}
