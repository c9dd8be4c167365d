using FluentValidation;
using FollowUps.Bookings;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Dispatch;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

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
    ScheduleWrite write,
    IOptions<FollowUpsOptions> options,
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
        var moved = 0;
        for (var left = BookingMove.Tries; ; left--)
        {
            var said = await SayAsync(report, now, cancellationToken);
            moved += said.Moved;
            if (said.Unfinished && left > 1)
            {
                continue;
            }

            // A second crossing, and rare. Should it fail, the report is repeated, and finds them again.
            if (said.LeftOut.Count > 0)
            {
                var results = await write.ExecuteAsync(said.LeftOut, cancellationToken);
                moved += results.Count(result => result.Outcome == ScheduleOutcome.Scheduled);
            }

            return new BookingResult(request.BookingId, said.State, moved);
        }
    }

    private async Task<(BookingState State, int Moved, bool Unfinished, List<NewFollowUp> LeftOut)> SayAsync(
        BookingReport report,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var move = new BookingMove(report.BookingId, now, options.Value.PostEventWindow);
        await using var batch = database.CreateBatch();
        foreach (
            var command in (NpgsqlBatchCommand[])
                [
                    move.Lock(),
                    report.Command(now),
                    move.Move(),
                    move.Drop(),
                    move.IsUnfinished(),
                    LeftOut.Command(report.BookingId, now, options.Value),
                ]
        )
        {
            batch.BatchCommands.Add(command);
        }

        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        await row.NextResultAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var state = (BookingState)row.GetInt16(0);
        await row.NextResultAsync(cancellationToken);
        var moved = 0;
        while (await row.ReadAsync(cancellationToken))
        {
            moved++;
            due.Announce(row.GetFieldValue<DateTimeOffset>(0));
        }

        await row.NextResultAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var unfinished = row.GetBoolean(0);
        await row.NextResultAsync(cancellationToken);
        return (state, moved, unfinished, await LeftOut.ReadAsync(row, cancellationToken));
    }
}
