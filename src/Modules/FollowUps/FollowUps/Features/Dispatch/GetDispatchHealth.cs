using FollowUps.Contracts;
using FollowUps.Data;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Dispatch;

internal sealed class GetDispatchHealthHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    IOptions<FollowUpsOptions> options,
    TimeProvider clock
) : IRequestHandler<GetDispatchHealth, DispatchHealth>
{
    public async Task<DispatchHealth> Handle(GetDispatchHealth request, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        await using var command = database.CreateCommand(Sql);
        command.Parameters.Add(new() { Value = now.Date, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(
            new() { Value = now - options.Value.OverdueAfter, NpgsqlDbType = NpgsqlDbType.TimestampTz }
        );
        // What is held is looked at again at least that often.
        command.Parameters.Add(
            new() { Value = now + options.Value.HoldRecheckEvery, NpgsqlDbType = NpgsqlDbType.TimestampTz }
        );
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new DispatchHealth(
            row.GetInt64(0),
            row.GetInt64(1),
            row.GetInt64(2),
            Instant(3),
            row.GetInt64(4),
            Instant(5)
        );

        DateTimeOffset? Instant(int at) => row.IsDBNull(at) ? null : row.GetFieldValue<DateTimeOffset>(at);
    }

    private const string Sql = """
        SELECT pending.count,
               (SELECT count(*) FROM followups.follow_ups f WHERE f.status = 1 AND f.executed_at >= $1),
               pending.overdue, pending.next_at, held.count, held.since
        FROM (
            SELECT count(*), count(*) FILTER (WHERE f.next_at < $2) AS overdue, min(f.next_at) AS next_at
            FROM followups.follow_ups f
            WHERE f.status = 0
        ) pending
        CROSS JOIN (
            SELECT count(*), min(f.scheduled_at) AS since
            FROM followups.follow_ups f
            WHERE f.status = 0 AND f.next_at <= $3 AND f.held_reason = 'escalated'
        ) held
        """;
}
