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

internal sealed class RescheduleFollowUpValidator : AbstractValidator<RescheduleFollowUp>
{
    public RescheduleFollowUpValidator()
    {
        RuleFor(request => request.Id).NotEmpty();
        RuleFor(request => request)
            .Custom((r, context) => FollowUpRules.CheckInstant("scheduledAt", r.ScheduledAt, true, context.AddFailure));
    }
}

internal sealed class RescheduleFollowUpHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    IOptions<FollowUpsOptions> options,
    DueSignal due,
    TimeProvider clock
) : IRequestHandler<RescheduleFollowUp, RescheduleFollowUpResult?>
{
    public async Task<RescheduleFollowUpResult?> Handle(RescheduleFollowUp request, CancellationToken cancellationToken)
    {
        var now = FollowUpRules.ToMicrosecond(clock.GetUtcNow());
        var scheduledAt = FollowUpRules.ToMicrosecond(request.ScheduledAt!.Value);
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(FollowUpTable.LockCustomer) { Parameters = { new() { Value = request.Id } } }
        );
        foreach (var sql in (string[])[MoveSql, ConflictSql])
        {
            batch.BatchCommands.Add(
                new NpgsqlBatchCommand(sql)
                {
                    Parameters =
                    {
                        new() { Value = request.Id },
                        new() { Value = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                        new() { Value = scheduledAt.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                        new() { Value = options.Value.PostEventWindow },
                    },
                }
            );
        }

        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(FollowUpTable.ById) { Parameters = { new() { Value = request.Id } } }
        );

        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        await row.NextResultAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
        {
            return null;
        }

        Guid? other = row.IsDBNull(0) ? null : row.GetGuid(0);
        await row.NextResultAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var followUp = FollowUpTable.ReadWithDuplicates(row);
        if (batch.BatchCommands[1].RecordsAffected == 1)
        {
            due.Announce(scheduledAt);
            return new RescheduleFollowUpResult(true, followUp);
        }

        return (followUp.Status, other) switch
        {
            (not FollowUpStatus.Pending, _) => new(false, followUp, FollowUpConflict.Status),
            (_, not null) => new(false, followUp, FollowUpConflict.Duplicate, other),
            _ => new(false, followUp, FollowUpConflict.BeingSent),
        };
    }

    // The relevance deadline keeps its distance. An instant that somebody chose replaces a time on a clock.
    private static readonly string MoveSql = $"""
        UPDATE followups.follow_ups f
        SET scheduled_at = $3, next_at = $3, held_reason = NULL, anchor_at = NULL, days_after = NULL, local_time = NULL, time_zone = NULL,
            zone_given = NULL,
            not_after = {FollowUpTable.Moved(
            "greatest($3, $2)",
            "f.not_after - greatest(f.scheduled_at, f.created_at)"
        )},
            decisions = f.decisions || jsonb_build_object('at', $2, 'decision', 'moved', 'reason', 'requested',
                'inputs', jsonb_build_object('from', f.scheduled_at, 'to', $3))
        WHERE f.id = $1 AND f.status = 0 AND {FollowUpTable.Idle}
          AND {OtherThen} IS NULL
        """;

    // Unlike a booking that takes place at another time, a wish can be refused: nothing is dropped.
    private const string OtherThen = """
        (SELECT other.id FROM followups.follow_ups other
         WHERE f.trigger = 0 AND other.user_id = f.user_id AND other.trigger = 0 AND other.status = 0 AND other.id <> f.id
           AND other.scheduled_at BETWEEN $3 - $4 AND $3 + $4
         ORDER BY other.scheduled_at, other.id
         LIMIT 1)
        """;

    private const string ConflictSql = $"""
        SELECT {OtherThen} FROM followups.follow_ups f WHERE f.id = $1 AND $2 IS NOT NULL
        """;
}
