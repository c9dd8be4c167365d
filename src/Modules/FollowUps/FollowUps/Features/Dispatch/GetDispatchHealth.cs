using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Dispatch;

internal sealed class GetDispatchHealthValidator : AbstractValidator<GetDispatchHealth>
{
    public GetDispatchHealthValidator() => RuleFor(request => request.CountUpTo).GreaterThan(0);
}

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
        command.Parameters.Add(
            new() { Value = (object?)request.CountUpTo ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer }
        );
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new DispatchHealth(
            row.GetInt64(0),
            row.GetInt64(1),
            row.GetInt64(2),
            Instant(3),
            row.GetInt64(4),
            Instant(5),
            Array.ConvertAll(row.GetFieldValue<short[]>(6), trigger => (FollowUpTrigger)trigger)
        );

        DateTimeOffset? Instant(int at) => row.IsDBNull(at) ? null : row.GetFieldValue<DateTimeOffset>(at);
    }

    // Nothing but ranges of indexes that hold little besides what is asked for.
    private const string Sql = $$"""
        WITH going AS MATERIALIZED (
            SELECT t.trigger
            FROM unnest('{0,1,2,3}'::smallint[]) t(trigger)
            WHERE t.trigger NOT IN ({{PauseTable.Paused}})
        )
        SELECT (SELECT count(*) FROM (SELECT FROM followups.follow_ups f WHERE f.status = 0 LIMIT $3) pending),
               (SELECT count(*) FROM (
                   SELECT FROM followups.follow_ups f WHERE f.status = 1 AND f.executed_at >= $1 LIMIT $3) executed),
               (SELECT count(*) FROM (
                   SELECT FROM followups.follow_ups f
                   WHERE f.status = 0 AND f.trigger = ANY (ARRAY(SELECT g.trigger FROM going g)) AND f.next_at < $2
                   LIMIT $3) overdue),
               (SELECT min(next.at)
                FROM going t
                CROSS JOIN LATERAL (
                    SELECT f.next_at AS at
                    FROM followups.follow_ups f
                    WHERE f.status = 0 AND f.trigger = t.trigger
                    ORDER BY f.next_at
                    LIMIT 1) next),
               held.count, held.since, ARRAY({{PauseTable.Paused}})
        FROM (
            SELECT count(*), min(first.scheduled_at) AS since
            FROM (
                SELECT f.scheduled_at
                FROM followups.follow_ups f
                WHERE f.status = 0 AND f.held_reason = 'escalated'
                ORDER BY f.scheduled_at
                LIMIT $3
            ) first
        ) held
        """;
}
