using FluentValidation;
using FollowUps.Bookings;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FollowUps.Features.Bookings;

internal sealed class RecordNoShowValidator : AbstractValidator<RecordNoShow>
{
    public RecordNoShowValidator() =>
        RuleFor(r => r).Custom((r, context) => BookingReport.Check(r.BookingId, r.OccurredAt, context.AddFailure));
}

internal sealed class RecordNoShowHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    TimeProvider clock
) : IRequestHandler<RecordNoShow, BookingResult>
{
    public Task<BookingResult> Handle(RecordNoShow request, CancellationToken cancellationToken)
    {
        var now = FollowUpRules.ToMicrosecond(clock.GetUtcNow());
        var report = new BookingReport(request.BookingId, BookingState.NoShow, request.OccurredAt ?? now);
        return report.KeepAsync(database, now, cancellationToken);
    }
}
