using FluentValidation;
using FollowUps.Bookings;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FollowUps.Features.Bookings;

internal sealed class CompleteBookingValidator : AbstractValidator<CompleteBooking>
{
    public CompleteBookingValidator() =>
        RuleFor(r => r).Custom((r, context) => BookingReport.Check(r.BookingId, r.OccurredAt, context.AddFailure));
}

internal sealed class CompleteBookingHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    TimeProvider clock
) : IRequestHandler<CompleteBooking, BookingResult>
{
    public Task<BookingResult> Handle(CompleteBooking request, CancellationToken cancellationToken)
    {
        var now = FollowUpRules.ToMicrosecond(clock.GetUtcNow());
        var report = new BookingReport(request.BookingId, BookingState.Completed, request.OccurredAt ?? now);
        return report.KeepAsync(database, now, cancellationToken);
    }
}
