using FollowUps.Bookings;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Dispatch;
using FollowUps.Features.Bookings;
using FollowUps.Features.Scheduling;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FollowUps.Features;

internal sealed class ExplainQueriesHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    IDbContextFactory<FollowUpsDbContext> contexts,
    TablesFactory factory,
    ScheduleWrite write,
    Claims claims,
    WritingDown attempts,
    Recording recording,
    TimeProvider clock
) : IRequestHandler<ExplainQueries, ExplainedQueries>
{
    private const string Nobody = "nobody";

    public async Task<ExplainedQueries> Handle(ExplainQueries request, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var tables = factory.Open();
        return await database.ExplainAsync(context, () => Queries(tables), cancellationToken);
    }

    private HotQuery[] Queries(Tables tables)
    {
        var now = clock.GetUtcNow();
        var followUp = new NewFollowUp
        {
            Trigger = FollowUpTrigger.Reengagement,
            UserId = Nobody,
            LastActivityAt = now,
        };
        var schedule = write.Commands([followUp], [Guid.CreateVersion7(now)], now, []).ToArray();
        var claim = claims.Commands(now, TimeSpan.Zero);
        var report = new BookingReport(Nobody, BookingState.Confirmed, now, now, Nobody, []);
        string[] booking = ["ix_follow_ups_booking", "pk_bookings"];
        return
        [
            new("schedule.lock_customer", ["pk_recipients"], schedule[0]),
            new(
                "schedule.check_and_insert",
                ["ix_follow_ups_pending", "ix_follow_ups_executed", "pk_bookings", "pk_recipients"],
                schedule[1]
            ),
            new("follow_up", ["pk_follow_ups"], ById()),
            HotQuery.Of(
                "follow_ups_of_user",
                ["ix_follow_ups_user"],
                ListFollowUpsHandler.Query(tables, new(UserId: Nobody))
            ),
            HotQuery.Of("follow_ups", ["ix_follow_ups_list"], ListFollowUpsHandler.Query(tables, new(Limit: 20))),
            new("cancel", ["pk_follow_ups"], CancelFollowUpHandler.Command(new(Guid.Empty), now)),
            new("booking.report", ["pk_bookings", "pk_erased"], report.Command(now)),
            new("booking.reschedule", booking, new BookingMove(Nobody, now, TimeSpan.Zero).Move()),
            new("booking.cancel", booking, CancelBookingHandler.Command(Nobody, now)),
            new("dispatch.claim", ["ix_follow_ups_due", "pk_follow_ups"], claim[0]),
            new("dispatch.next", ["ix_follow_ups_due"], claim[1]),
            new("dispatch.write_down", ["pk_follow_ups"], attempts.Command([])),
            new("dispatch.record", ["pk_follow_ups"], recording.Command([])),
        ];
    }

    private static NpgsqlBatchCommand ById() =>
        new(FollowUpTable.ById) { Parameters = { new NpgsqlParameter<Guid> { TypedValue = Guid.Empty } } };
}
