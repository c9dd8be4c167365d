using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Dispatch;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Scheduling;

internal sealed class RetryFollowUpsValidator : AbstractValidator<RetryFollowUps>
{
    public RetryFollowUpsValidator()
    {
        RuleFor(request => request.Trigger).IsInEnum();
        RuleFor(request => request.To)
            .Must((request, to) => to > request.From)
            .When(request => request.From is not null && request.To is not null)
            .WithMessage("It must be later than from.");
    }
}

internal sealed class RetryFollowUpsHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    IOptions<FollowUpsOptions> options,
    DueSignal due,
    TimeProvider clock
) : IRequestHandler<RetryFollowUps, int>
{
    private const int Most = 10_000;

    public async Task<int> Handle(RetryFollowUps request, CancellationToken cancellationToken)
    {
        var now = FollowUpRules.ToMicrosecond(clock.GetUtcNow());
        await using var batch = database.CreateBatch();
        foreach (var sql in (string[])[LockSql, RetrySql])
        {
            batch.BatchCommands.Add(
                Retrying.Command(
                    sql,
                    now,
                    options.Value,
                    new NpgsqlParameter
                    {
                        Value = (object?)(short?)request.Trigger ?? DBNull.Value,
                        NpgsqlDbType = NpgsqlDbType.Smallint,
                    },
                    Instant(request.From),
                    Instant(request.To),
                    new NpgsqlParameter { Value = Most }
                )
            );
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
        var retried = (int)batch.BatchCommands[1].RecordsAffected;
        if (retried > 0)
        {
            due.Announce(now);
        }

        return retried;
    }

    private static NpgsqlParameter Instant(DateTimeOffset? value) =>
        new() { Value = (object?)value?.UtcDateTime ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    private const string Failed = """
        SELECT f.* FROM followups.follow_ups f
        WHERE f.status = 3 AND ($7 IS NULL OR f.trigger = $7) AND ($8 IS NULL OR f.scheduled_at >= $8) AND ($9 IS NULL OR f.scheduled_at < $9)
        ORDER BY f.scheduled_at, f.id
        LIMIT $10
        """;

    private const string LockSql = $"""
        SELECT FROM followups.recipients r
        WHERE r.user_id IN (SELECT failed.user_id FROM ({Failed}) failed) AND ($1, $2, $3, $4, $5, $6) IS NOT NULL
        ORDER BY r.user_id
        FOR UPDATE
        """;

    // Of several that failed for the same reason to write, the newest goes; of a customer's no more than may be pending, soonest first.
    private const string RetrySql = $"""
        WITH candidates AS MATERIALIZED ({Failed}), unlike AS (
            SELECT i.id, i.user_id, row_number() OVER (PARTITION BY i.user_id ORDER BY i.scheduled_at, i.id) AS place
            FROM candidates i
            WHERE {Duplicates.Of} IS NULL
              AND NOT EXISTS (
                  SELECT FROM candidates other
                  WHERE other.user_id = i.user_id AND other.trigger = i.trigger AND (other.created_at, other.id) > (i.created_at, i.id)
                    AND CASE i.trigger
                            WHEN 0 THEN other.scheduled_at BETWEEN i.scheduled_at - $2 AND i.scheduled_at + $2
                            WHEN 3 THEN other.dedupe_key = i.dedupe_key
                            ELSE true
                        END)
        ), chosen AS (
            SELECT u.id
            FROM unlike u
            WHERE u.place + (SELECT count(*) FROM followups.follow_ups f WHERE f.user_id = u.user_id AND f.status = 0) <= $6
        )
        UPDATE followups.follow_ups f
        SET {Retrying.Set}
        FROM chosen
        WHERE f.id = chosen.id AND f.status = 3
        """;
}
