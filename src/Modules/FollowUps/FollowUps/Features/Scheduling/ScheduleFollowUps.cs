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

internal sealed class ScheduleFollowUpsValidator : AbstractValidator<ScheduleFollowUps>
{
    public ScheduleFollowUpsValidator(IOptions<FollowUpsOptions> options) =>
        // One rule over the whole list: a child validator per item costs more than the items.
        RuleFor(request => request.FollowUps)
            .Custom((items, context) => FollowUpRules.Check(items, options.Value.MaxBatchSize, context.AddFailure));
}

internal sealed class ScheduleFollowUpsHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    IOptions<FollowUpsOptions> options,
    DueSignal due,
    TimeProvider clock
) : IRequestHandler<ScheduleFollowUps, IReadOnlyList<ScheduleResult>>
{
    public async Task<IReadOnlyList<ScheduleResult>> Handle(
        ScheduleFollowUps request,
        CancellationToken cancellationToken
    )
    {
        var now = FollowUpRules.ToMicrosecond(clock.GetUtcNow());
        var items = request.FollowUps;

        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(LockSql)
            {
                Parameters = { Columns.Of(items.Select(i => i.UserId).Distinct(), NpgsqlDbType.Text) },
            }
        );
        foreach (var round in Rounds(items))
        {
            batch.BatchCommands.Add(Insert(items, round, now));
        }

        var results = new ScheduleResult[items.Count];
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        do
        {
            while (await row.ReadAsync(cancellationToken))
            {
                results[row.GetInt32(0)] = row.IsDBNull(2)
                    ? new ScheduleResult(ScheduleOutcome.Suppressed, row.GetString(1), null)
                    : new ScheduleResult(
                        row.IsDBNull(1) ? ScheduleOutcome.Scheduled : ScheduleOutcome.Duplicate,
                        null,
                        FollowUpTable.Read(row, 2)
                    );
            }
        } while (await row.NextResultAsync(cancellationToken));

        foreach (var result in results)
        {
            if (result.Outcome == ScheduleOutcome.Scheduled)
            {
                due.Announce(result.FollowUp!.ScheduledAt);
            }
        }

        return results;
    }

    // A statement does not see its own rows: of one customer each takes a single item, so that an earlier one counts for a later one.
    private static List<List<int>> Rounds(IReadOnlyList<NewFollowUp> items)
    {
        var turns = new Dictionary<string, int>(StringComparer.Ordinal);
        var rounds = new List<List<int>>();
        for (var i = 0; i < items.Count; i++)
        {
            var turn = turns.GetValueOrDefault(items[i].UserId);
            turns[items[i].UserId] = turn + 1;
            if (turn == rounds.Count)
            {
                rounds.Add([]);
            }

            rounds[turn].Add(i);
        }

        return rounds;
    }

    private NpgsqlBatchCommand Insert(IReadOnlyList<NewFollowUp> all, List<int> round, DateTimeOffset now)
    {
        var items = round.ConvertAll(i => all[i]);
        return new NpgsqlBatchCommand(InsertSql)
        {
            Parameters =
            {
                new() { Value = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = options.Value.PostEventWindow },
                new() { Value = options.Value.ReengagementAfter },
                new() { Value = options.Value.EmotionCheckInPause },
                new() { Value = options.Value.MaxPendingPerUser },
                Columns.Of(round, NpgsqlDbType.Integer),
                Columns.Of(items.Select(_ => Guid.CreateVersion7(now)), NpgsqlDbType.Uuid),
                Columns.Of(items.Select(i => (short)i.Trigger!.Value), NpgsqlDbType.Smallint),
                Columns.Of(items.Select(i => FollowUpRules.DueAt(i, options.Value, now)), NpgsqlDbType.TimestampTz),
                Columns.Of(items.Select(i => i.EventAt?.ToUniversalTime()), NpgsqlDbType.TimestampTz),
                Columns.Of(items.Select(i => i.LastActivityAt?.ToUniversalTime()), NpgsqlDbType.TimestampTz),
                Columns.Of(items.Select(i => i.UserId), NpgsqlDbType.Text),
                Columns.Of(items.Select(i => i.ConversationId), NpgsqlDbType.Text),
                Columns.Of(items.Select(i => i.BookingId), NpgsqlDbType.Text),
                Columns.Of(items.Select(i => i.DedupeKey), NpgsqlDbType.Text),
                Columns.Of(items.Select(i => i.TemplateId), NpgsqlDbType.Text),
                Columns.Of(items.Select(i => i.Message), NpgsqlDbType.Text),
                Columns.Of(items.Select(i => i.Variables?.GetRawText()), NpgsqlDbType.Jsonb),
            },
        };
    }

    // The customer's row is the guard: made where missing, locked where present (a DO UPDATE whose WHERE is false locks and writes nothing),
    // in key order, so that schedulers queue per customer and cannot deadlock.
    private const string LockSql = """
        INSERT INTO followups.recipients AS r (user_id)
        SELECT user_id FROM unnest($1) user_id ORDER BY user_id
        ON CONFLICT (user_id) DO UPDATE SET user_id = r.user_id WHERE false
        """;

    // Runs under the locks with a snapshot of its own: what it does not see does not exist.
    private const string InsertSql = $"""
        WITH input AS MATERIALIZED (
            SELECT i.*,
                   coalesce(
                       (SELECT f.id FROM followups.follow_ups f
                        WHERE f.user_id = i.user_id AND f.trigger = i.trigger AND f.status = 0
                          AND CASE i.trigger
                                  WHEN 0 THEN f.scheduled_at BETWEEN i.scheduled_at - $2 AND i.scheduled_at + $2
                                  WHEN 3 THEN f.dedupe_key = i.dedupe_key
                                  ELSE true
                              END
                        ORDER BY f.scheduled_at, f.id LIMIT 1),
                       CASE WHEN i.trigger IN (1, 2) THEN
                           (SELECT f.id FROM followups.follow_ups f
                            WHERE f.user_id = i.user_id AND f.trigger = i.trigger AND f.status = 1
                              AND f.executed_at > $1 - CASE i.trigger WHEN 1 THEN $3 ELSE $4 END
                            ORDER BY f.executed_at DESC LIMIT 1)
                       END
                   ) AS existing,
                   (SELECT count(*) FROM followups.follow_ups f WHERE f.user_id = i.user_id AND f.status = 0) AS pending,
                   r.opt_out && array['all', (array['post_event', 'reengagement', 'emotion_based', 'custom'])[i.trigger + 1]] AS opted_out
            FROM unnest($6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
                 AS i(ord, id, trigger, scheduled_at, event_at, last_activity_at, user_id, conversation_id, booking_id, dedupe_key,
                      template_id, message, variables)
            JOIN followups.recipients r ON r.user_id = i.user_id
        ), inserted AS (
            INSERT INTO followups.follow_ups AS f
                (id, trigger, status, scheduled_at, next_at, created_at, event_at, last_activity_at, user_id, conversation_id, booking_id,
                 dedupe_key, template_id, template_pinned, message, variables)
            SELECT id, trigger, 0, scheduled_at, scheduled_at, $1, event_at, last_activity_at, user_id, conversation_id, booking_id,
                   dedupe_key, template_id, template_id IS NOT NULL, message, variables
            FROM input
            WHERE existing IS NULL AND NOT opted_out AND pending < $5
            RETURNING {FollowUpTable.Columns}
        )
        SELECT i.ord, NULL, f.* FROM input i JOIN inserted f ON f.id = i.id
        UNION ALL
        SELECT i.ord, 'duplicate', {FollowUpTable.Columns} FROM input i JOIN followups.follow_ups f ON f.id = i.existing
        UNION ALL
        SELECT i.ord, CASE WHEN i.opted_out THEN 'opted_out' ELSE 'pending_limit' END, f.*
        FROM input i LEFT JOIN inserted f ON false
        WHERE i.existing IS NULL AND (i.opted_out OR i.pending >= $5)
        """;
}
