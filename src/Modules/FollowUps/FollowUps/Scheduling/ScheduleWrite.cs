using Conversations.Contracts;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Dispatch;
using FollowUps.Recipients;
using FollowUps.Wording;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Scheduling;

// The one write that schedules, whoever asks: one crossing for any number of follow-ups, with the mood read beside it.
internal sealed partial class ScheduleWrite(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    ISender modules,
    IOptions<FollowUpsOptions> options,
    ChosenTemplates chosen,
    DueSignal due,
    Tombstones tombstones,
    FollowUpsMeter meter,
    TimeProvider clock,
    ILogger<ScheduleWrite> logger
)
{
    private const int Crowd = 100;

    public Task<ScheduleResult[]> ExecuteAsync(IReadOnlyList<NewFollowUp> items, CancellationToken cancellationToken) =>
        ExecuteAsync(items, null, cancellationToken);

    public Task<ScheduleResult[]> ExecuteAsync(
        IReadOnlyList<NewFollowUp> items,
        TimeSpan? maxLockWait,
        CancellationToken cancellationToken
    ) => ExecuteAsync(items, [], _ => Task.CompletedTask, _ => { }, null, maxLockWait, cancellationToken);

    // Commands given in between run under the customers' locks and before the inserts; their result sets are handed to read. The row of a
    // refusal that counts one more is handed to before, as it was: who takes the request back needs it, and, what is due at once, some time to
    // settle before it leaves.
    public async Task<ScheduleResult[]> ExecuteAsync(
        IReadOnlyList<NewFollowUp> items,
        IEnumerable<NpgsqlBatchCommand> between,
        Func<NpgsqlDataReader, Task> read,
        Action<string> before,
        TimeSpan? settling,
        TimeSpan? maxLockWait,
        CancellationToken cancellationToken
    )
    {
        var now = FollowUpRules.ToMicrosecond(clock.GetUtcNow());
        var inserting = InsertAsync(items, now, between, read, before, settling, maxLockWait, cancellationToken);
        var moods = MoodsAsync(items, cancellationToken);
        var results = await inserting;
        Choose(items, await moods, results);
        foreach (var result in results)
        {
            if (result.Outcome == ScheduleOutcome.Scheduled)
            {
                due.Announce(result.FollowUp!.ScheduledAt);
            }
        }

        return results;
    }

    private async Task<ScheduleResult[]> InsertAsync(
        IReadOnlyList<NewFollowUp> items,
        DateTimeOffset now,
        IEnumerable<NpgsqlBatchCommand> between,
        Func<NpgsqlDataReader, Task> read,
        Action<string> before,
        TimeSpan? settling,
        TimeSpan? maxLockWait,
        CancellationToken cancellationToken
    )
    {
        var places = new Dictionary<Guid, int>(items.Count);
        for (var i = 0; i < items.Count; i++)
        {
            places.Add(Guid.CreateVersion7(now), i);
        }

        var ids = places.Keys.ToArray();
        await using var batch = database.CreateBatch();
        if (maxLockWait is { } wait)
        {
            batch.BatchCommands.Add(LockWait.AtMost(wait));
        }

        foreach (var command in Commands(items, ids, now, between, now + settling))
        {
            batch.BatchCommands.Add(command);
        }

        var results = new ScheduleResult[items.Count];
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        if (maxLockWait is not null)
        {
            await row.NextResultAsync(cancellationToken);
        }

        await read(row);
        do
        {
            while (await row.ReadAsync(cancellationToken))
            {
                results[row.IsDBNull(0) ? places[row.GetGuid(4)] : row.GetInt32(0)] = row.IsDBNull(4)
                    ? new ScheduleResult(ScheduleOutcome.Suppressed, row.GetString(1), null)
                    : new ScheduleResult(
                        row.IsDBNull(1) ? ScheduleOutcome.Scheduled : ScheduleOutcome.Duplicate,
                        null,
                        chosen.Newest(FollowUpTable.Read(row, 4))
                    );
                if (!row.IsDBNull(3))
                {
                    before(row.GetString(3));
                }

                if (items.Count == 1)
                {
                    meter.CheckedForDuplicates(row.GetDouble(2));
                }
            }
        } while (await row.NextResultAsync(cancellationToken));

        return results;
    }

    public IEnumerable<NpgsqlBatchCommand> Commands(
        IReadOnlyList<NewFollowUp> items,
        IReadOnlyList<Guid> ids,
        DateTimeOffset now,
        IEnumerable<NpgsqlBatchCommand> between,
        DateTimeOffset? notBefore = null
    )
    {
        var keys = items.Select(i => i.UserId).Distinct().ToDictionary(user => user, tombstones.Of);
        var rounds = Rounds(items);
        var crowd = TakeCrowd(items, rounds);
        return
        [
            new NpgsqlBatchCommand(LockSql)
            {
                Parameters = { Columns.Of(keys.Keys, NpgsqlDbType.Text), Columns.Of(keys.Values, NpgsqlDbType.Bytea) },
            },
            .. between,
            .. rounds.Select(round => Insert(InsertSql, items, ids, round, now, notBefore, keys)),
            .. crowd.Select(all => Insert(InTurn.Sql, items, ids, all, now, notBefore, keys)),
        ];
    }

    private static bool ChoosesByMood(NewFollowUp item) =>
        item.TemplateId is null && item.Trigger is FollowUpTrigger.PostEvent or FollowUpTrigger.Reengagement;

    // Null when nobody chooses by mood, or when the other module cannot say: then the neutral words stand until the sending chooses again.
    private async Task<IReadOnlyList<Mood>?> MoodsAsync(
        IReadOnlyList<NewFollowUp> items,
        CancellationToken cancellationToken
    )
    {
        var subjects = items
            .Where(ChoosesByMood)
            .Select(item => new MoodSubject(item.UserId, item.ConversationId))
            .ToList();
        if (subjects.Count == 0)
        {
            return null;
        }

        try
        {
            return await modules.Send(new GetMoods(subjects), cancellationToken);
        }
        catch (NpgsqlException problem)
        {
            LogNoMoods(logger, Faults.Describe(problem));
            return null;
        }
    }

    private void Choose(IReadOnlyList<NewFollowUp> items, IReadOnlyList<Mood>? moods, ScheduleResult[] results)
    {
        if (moods is null)
        {
            return;
        }

        var choices = new List<ChosenTemplate>();
        var asked = 0;
        for (var i = 0; i < results.Length; i++)
        {
            if (!ChoosesByMood(items[i]))
            {
                continue;
            }

            var mood = moods[asked++];
            if (results[i] is not { Outcome: ScheduleOutcome.Scheduled, FollowUp: { } followUp })
            {
                continue;
            }

            var band = (FollowUpMood)mood.Band;
            var template = TemplateChoice.For(followUp.Trigger, band, mood.ConversationCount);
            if ((template, band) == (followUp.TemplateId, followUp.Mood))
            {
                continue;
            }

            results[i] = results[i] with { FollowUp = followUp with { TemplateId = template, Mood = band } };
            choices.Add(new ChosenTemplate(followUp.Id, template, band));
        }

        chosen.Keep(choices);
    }

    // A statement does not see its own rows: of one customer each takes a single item, so that an earlier one counts for a later one.
    // In the customers' order, what is looked up for one lies beside what was for the one before.
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

        foreach (var round in rounds)
        {
            round.Sort((one, other) => string.CompareOrdinal(items[one].UserId, items[other].UserId));
        }

        return rounds;
    }

    // Customers of whom so many come that a statement for each would take long (10 000: 13 s) are decided together, in one.
    private static List<List<int>> TakeCrowd(IReadOnlyList<NewFollowUp> items, List<List<int>> rounds)
    {
        if (rounds.Count <= Crowd)
        {
            return [];
        }

        var users = rounds[Crowd].Select(i => items[i].UserId).ToHashSet(StringComparer.Ordinal);
        var together = rounds.SelectMany(round => round.Where(i => users.Contains(items[i].UserId))).Order().ToList();
        rounds.ForEach(round => round.RemoveAll(i => users.Contains(items[i].UserId)));
        rounds.RemoveAll(round => round.Count == 0);
        return [together];
    }

    private NpgsqlBatchCommand Insert(
        string sql,
        IReadOnlyList<NewFollowUp> all,
        IReadOnlyList<Guid> ids,
        List<int> round,
        DateTimeOffset now,
        DateTimeOffset? notBefore,
        Dictionary<string, byte[]> keys
    )
    {
        var items = round.ConvertAll(i => all[i]);
        var clocks = items.ConvertAll(i => ClockRule.Of(i, options.Value));
        return new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                new() { Value = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = options.Value.PostEventWindow },
                new() { Value = options.Value.ReengagementAfter },
                new() { Value = options.Value.EmotionCheckInPause },
                new() { Value = options.Value.MaxPendingPerUser },
                new() { Value = FollowUpRules.StaleAfter(options.Value) },
                Columns.Of(round, NpgsqlDbType.Integer),
                Columns.Of(round.Select(i => ids[i]), NpgsqlDbType.Uuid),
                Columns.Of(items.Select(i => (short)i.Trigger!.Value), NpgsqlDbType.Smallint),
                Columns.Of(items.Select(i => FollowUpRules.DueAt(i, options.Value, now)), NpgsqlDbType.TimestampTz),
                Columns.Of(items.Select(i => i.NotAfter?.ToUniversalTime()), NpgsqlDbType.TimestampTz),
                Columns.Of(items.Select(i => i.EventAt?.ToUniversalTime()), NpgsqlDbType.TimestampTz),
                Columns.Of(items.Select(i => i.LastActivityAt?.ToUniversalTime()), NpgsqlDbType.TimestampTz),
                Columns.Of(items.Select(i => i.UserId), NpgsqlDbType.Text),
                Columns.Of(items.Select(i => i.ConversationId), NpgsqlDbType.Text),
                Columns.Of(items.Select(i => i.BookingId), NpgsqlDbType.Text),
                Columns.Of(items.Select(i => i.DedupeKey), NpgsqlDbType.Text),
                Columns.Of(items.Select(i => i.TemplateId is not null), NpgsqlDbType.Boolean),
                Columns.Of(
                    items.Select(i => i.TemplateId ?? TemplateChoice.For(i.Trigger!.Value, FollowUpMood.Neutral, 1)),
                    NpgsqlDbType.Text
                ),
                Columns.Of(
                    items.Select(i => ChoosesByMood(i) ? (short?)FollowUpMood.Neutral : null),
                    NpgsqlDbType.Smallint
                ),
                Columns.Of(items.Select(i => i.Message), NpgsqlDbType.Text),
                Columns.Of(items.Select(i => i.Variables?.GetRawText()), NpgsqlDbType.Jsonb),
                Columns.Of(items.Select(i => keys[i.UserId]), NpgsqlDbType.Bytea),
                Columns.Of(clocks.Select(c => c?.Time), NpgsqlDbType.Time),
                Columns.Of(clocks.Select(c => c?.DaysAfter), NpgsqlDbType.Smallint),
                Columns.Of(clocks.Select(c => c?.Zone), NpgsqlDbType.Text),
                new()
                {
                    Value = (object?)notBefore?.UtcDateTime ?? DBNull.Value,
                    NpgsqlDbType = NpgsqlDbType.TimestampTz,
                },
            },
        };
    }

    // The customer's row is the guard: made where missing, locked where present (a DO UPDATE whose WHERE is false locks and writes nothing),
    // in key order, so that schedulers queue per customer and cannot deadlock. Who was erased gets no row.
    // Measured over 100 000 rows: 11 us for a known customer and 18 for a new one, beside 45 for the plain insert of a follow-up. An exclusion
    // constraint instead makes bulk inserts eight times dearer.
    public const string LockSql = """
        INSERT INTO followups.recipients AS r (user_id)
        SELECT i.user_id
        FROM unnest($1, $2) AS i(user_id, key)
        WHERE NOT EXISTS (SELECT FROM followups.erased e WHERE e.key = i.key)
        ORDER BY i.user_id
        ON CONFLICT (user_id) DO UPDATE SET user_id = r.user_id WHERE false
        """;

    // Runs under the locks with a snapshot of its own: what it does not see does not exist. A post-event one of a known booking counts from
    // the booking's own time: the caller's may be older. The row of a customer whose erasure the locking had to wait for goes again.
    // LIMIT keeps each look-up a probe of an index: joined, a large batch would read the whole of a table. What was inserted is told apart by
    // its id: joining it to its input again cost a tenth.
    public const string InsertSql = $"""
        WITH {Input}, inserted AS (
            {Into}
            FROM input
            WHERE existing IS NULL AND suppressed IS NULL
            RETURNING {FollowUpTable.Columns}
        ), refused AS (
            INSERT INTO followups.refusals AS r (user_id, trigger, reason, follow_up_id, times, first_at, last_at, inputs)
            SELECT {Refusal}, 1, $1, $1, {RefusalInputs}
            FROM input
            WHERE existing IS NOT NULL OR suppressed <> 'erased'
            ON CONFLICT (user_id, trigger, reason, follow_up_id) DO UPDATE
            SET times = r.times + 1, last_at = excluded.last_at, inputs = excluded.inputs
        )
        SELECT NULL::int, NULL, (SELECT i.checked_after FROM input i LIMIT 1), NULL::jsonb, f.* FROM inserted f
        UNION ALL
        SELECT i.ord, 'duplicate', i.checked_after,
               (SELECT to_jsonb(r) FROM followups.refusals r
                WHERE (r.user_id, r.trigger, r.reason, r.follow_up_id) = (i.user_id, i.trigger, '{RefusalTable.Duplicate}', i.existing)),
               {FollowUpTable.Columns}
        FROM input i CROSS JOIN LATERAL (SELECT f.* FROM followups.follow_ups f WHERE f.id = i.existing LIMIT 1) f
        UNION ALL
        SELECT i.ord, i.suppressed, i.checked_after,
               (SELECT to_jsonb(r) FROM followups.refusals r
                WHERE (r.user_id, r.trigger, r.reason, r.follow_up_id)
                    = (i.user_id, i.trigger, i.suppressed, '00000000-0000-0000-0000-000000000000'::uuid)),
               f.*
        FROM input i LEFT JOIN inserted f ON false WHERE i.existing IS NULL AND i.suppressed IS NOT NULL
        """;

    // What was asked for, and whether it may be.
    public const string Input = $"""
        input AS MATERIALIZED (
            SELECT i.*,
                   coalesce(CASE WHEN i.pending > 0 THEN {Duplicates.Pending} END, {Duplicates.Sent}) AS existing,
                   date_part('epoch', clock_timestamp() - statement_timestamp()) AS checked_after,
                   CASE
                       WHEN EXISTS (SELECT FROM followups.erased e WHERE e.key = i.user_key) THEN 'erased'
                       WHEN {OptOuts.Unwanted} THEN 'opted_out'
                       WHEN i.trigger = 0 AND i.booking_state = 4 THEN 'booking_cancelled'
                       WHEN i.pending >= $5 THEN 'pending_limit'
                   END AS suppressed
            FROM (
                SELECT u.ord, u.id, u.trigger,
                       CASE WHEN u.local_time IS NULL THEN u.scheduled_at + moved.away
                            ELSE followups.due_by_clock(clock.anchor_at, u.days_after, u.local_time, clock.zone) END AS scheduled_at,
                       CASE WHEN u.local_time IS NOT NULL THEN clock.anchor_at END AS anchor_at,
                       CASE WHEN u.local_time IS NOT NULL THEN clock.zone END AS time_zone,
                       CASE WHEN u.local_time IS NOT NULL THEN u.time_zone IS NOT NULL END AS zone_given,
                       u.local_time, u.days_after, u.not_after, u.event_at + moved.away AS event_at,
                       u.last_activity_at, u.user_id, u.conversation_id, u.booking_id, u.dedupe_key, u.pinned, u.template_id, u.mood,
                       u.message, u.variables, b.state AS booking_state, u.user_key, r.opt_out, waiting.pending
                FROM unnest($7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)
                     AS u(ord, id, trigger, scheduled_at, not_after, event_at, last_activity_at, user_id, conversation_id, booking_id, dedupe_key,
                          pinned, template_id, mood, message, variables, user_key, local_time, days_after, time_zone)
                LEFT JOIN LATERAL (SELECT r.opt_out, r.time_zone FROM followups.recipients r WHERE r.user_id = u.user_id LIMIT 1) r ON true
                LEFT JOIN LATERAL (SELECT b.state, b.event_at FROM followups.bookings b WHERE b.booking_id = u.booking_id LIMIT 1) b ON true
                CROSS JOIN LATERAL (
                    SELECT count(*) AS pending FROM followups.follow_ups f WHERE f.user_id = u.user_id AND f.status = 0
                ) waiting
                CROSS JOIN LATERAL (
                    SELECT CASE WHEN u.trigger = 0 AND b.event_at IS NOT NULL THEN b.event_at - u.event_at ELSE interval '0' END AS away
                ) moved
                CROSS JOIN LATERAL (
                    SELECT CASE u.trigger WHEN 0 THEN u.event_at + moved.away WHEN 1 THEN u.last_activity_at WHEN 2 THEN $1
                                          ELSE u.scheduled_at END AS anchor_at,
                           coalesce(u.time_zone, r.time_zone, 'UTC') AS zone
                ) clock
            ) i
        ), forgotten AS (
            DELETE FROM followups.recipients r USING input i WHERE i.suppressed = 'erased' AND r.user_id = i.user_id
        )
        """;

    public const string Into = """
            INSERT INTO followups.follow_ups AS f
                (id, trigger, status, scheduled_at, next_at, not_after, created_at, event_at, last_activity_at, user_id, conversation_id,
                 booking_id, dedupe_key, template_pinned, template_id, mood, message, variables, anchor_at, days_after, local_time, time_zone,
                 zone_given)
            SELECT id, trigger, 0, scheduled_at,
                   greatest(scheduled_at, $27),
                   coalesce(not_after, greatest(scheduled_at, $1) + $6[trigger + 1]), $1, event_at,
                   last_activity_at, user_id, conversation_id, booking_id, dedupe_key, pinned, template_id, mood, message, variables,
                   anchor_at, days_after, local_time, time_zone, zone_given
        """;

    public const string Refusal = $"""
        user_id, trigger, CASE WHEN existing IS NULL THEN suppressed ELSE '{RefusalTable.Duplicate}' END AS reason,
        coalesce(existing, '00000000-0000-0000-0000-000000000000') AS follow_up_id
        """;

    public const string RefusalInputs = """
        jsonb_strip_nulls(jsonb_build_object('scheduledAt', scheduled_at, 'eventAt', event_at, 'lastActivityAt', last_activity_at,
            'conversationId', conversation_id, 'bookingId', booking_id, 'dedupeKey', dedupe_key,
            'pendingLimit', CASE WHEN existing IS NULL AND suppressed = 'pending_limit' THEN $5 END))
        """;

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The moods could not be read; the follow-ups are scheduled with neutral words: {Fault}"
    )]
    private static partial void LogNoMoods(ILogger logger, string fault);
}
