using FollowUps.Bookings;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Recipients;
using FollowUps.Wording;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NodaTime;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Dispatch;

// A due follow-up that this process alone may send until its lease ends.
internal sealed record Claim(
    Guid Id,
    int Fence,
    string UserId,
    string? ConversationId,
    string? BookingId,
    FollowUpTrigger Trigger,
    DateTimeOffset? EventAt,
    DateTimeOffset? LastActivityAt,
    string? PinnedTemplateId,
    string? Message,
    string? Variables,
    int Attempt,
    int AttemptsBefore,
    PreparedText? Prepared,
    string? Locale,
    string? Addresses,
    DateTimeZone Zone,
    QuietSpan? Quiet,
    FollowUpMood? MoodBefore,
    DateTimeOffset DueAt
)
{
    // Which attempt it is since it was last made to try anew.
    public int Try => Attempt - AttemptsBefore;

    public static Claim Read(NpgsqlDataReader row)
    {
        string? Text(int at) => row.IsDBNull(at) ? null : row.GetString(at);
        DateTimeOffset? Instant(int at) => row.IsDBNull(at) ? null : row.GetFieldValue<DateTimeOffset>(at);

        return new Claim(
            row.GetGuid(0),
            row.GetInt32(1),
            row.GetString(2),
            Text(3),
            Text(4),
            (FollowUpTrigger)row.GetInt16(5),
            Instant(6),
            Instant(7),
            Text(8),
            Text(9),
            Text(10),
            row.GetInt32(11),
            row.GetInt32(12),
            row.IsDBNull(13)
                ? null
                : new PreparedText(row.GetString(13), Text(14), row.GetString(15), Text(21), Text(23)),
            Text(16),
            Text(17),
            (Text(18) is { } zone ? DateTimeZoneProviders.Tzdb.GetZoneOrNull(zone) : null) ?? DateTimeZone.Utc,
            row.IsDBNull(19)
                ? null
                : new QuietSpan(
                    LocalTime.FromTimeOnly(row.GetFieldValue<TimeOnly>(19)),
                    LocalTime.FromTimeOnly(row.GetFieldValue<TimeOnly>(20))
                ),
            row.IsDBNull(22) ? null : (FollowUpMood)row.GetInt16(22),
            row.GetFieldValue<DateTimeOffset>(24)
        );
    }
}

// What an attempt whose end nobody knows may have delivered: the same words go again through the same channel, or none.
internal sealed record PreparedText(
    string TemplateId,
    string? Subject,
    string Body,
    string? Channel,
    string? TemplateChannel
);

internal sealed record ClaimedBatch(
    IReadOnlyList<Claim> Claims,
    bool More,
    DateTimeOffset? NextAt,
    DateTimeOffset At,
    long Started
);

internal sealed class Claims(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    NewestTemplates templates,
    IOptions<FollowUpsOptions> options,
    TimeProvider clock
)
{
    // What falls due within the time ahead is claimed too, and is to be held until then.
    public async Task<ClaimedBatch> TakeAsync(TimeSpan ahead, CancellationToken cancellationToken)
    {
        var (now, started) = (clock.GetUtcNow(), clock.GetTimestamp());
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(LockSql) { Parameters = { FrequencyCap() } });
        foreach (var command in Commands(now, ahead))
        {
            batch.BatchCommands.Add(command);
        }

        var claims = new List<Claim>();
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        await row.NextResultAsync(cancellationToken);
        var seen = 0;
        while (await row.ReadAsync(cancellationToken))
        {
            seen++;
            if (!row.IsDBNull(0))
            {
                claims.Add(Claim.Read(row));
            }
        }

        await row.NextResultAsync(cancellationToken);
        DateTimeOffset? nextAt = await row.ReadAsync(cancellationToken) ? row.GetFieldValue<DateTimeOffset>(0) : null;
        await row.NextResultAsync(cancellationToken);
        await templates.KeepAsync(row, cancellationToken);
        return new ClaimedBatch(claims, seen == options.Value.DispatchBatchSize, nextAt, now, started);
    }

    public NpgsqlBatchCommand[] Commands(DateTimeOffset now, TimeSpan ahead)
    {
        return
        [
            new NpgsqlBatchCommand(TakeSql)
            {
                Parameters =
                {
                    new() { Value = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                    new() { Value = options.Value.Lease },
                    new() { Value = options.Value.DispatchBatchSize },
                    FrequencyCap(),
                    new() { Value = options.Value.FrequencyCapPer },
                    new() { Value = options.Value.HoldRecheckEvery },
                    new() { Value = (now + ahead).UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                    new() { Value = options.Value.PostEventWindow },
                },
            },
            new NpgsqlBatchCommand(NextSql),
            templates.ReadChanged(),
        ];
    }

    private NpgsqlParameter FrequencyCap() =>
        new() { Value = (object?)options.Value.FrequencyCapMax ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer };

    public async Task ExtendAsync(IReadOnlyList<Claim> claims, CancellationToken cancellationToken)
    {
        await using var command = Command(ExtendSql, claims);
        command.Parameters.Add(new() { Value = options.Value.Lease });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // Gives back what was not handed to any channel: the attempt never was.
    public async Task ReleaseAsync(IReadOnlyList<Claim> claims)
    {
        await using var command = Command(ReleaseSql, claims);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    private NpgsqlCommand Command(string sql, IReadOnlyList<Claim> claims)
    {
        var command = database.CreateCommand(sql);
        command.Parameters.Add(Columns.Of(claims.Select(c => c.Id), NpgsqlDbType.Uuid));
        command.Parameters.Add(Columns.Of(claims.Select(c => c.Fence), NpgsqlDbType.Integer));
        return command;
    }

    // Follow-ups of one customer may be claimed at once by several Hosts, and none would count what the others take. So where caps are in use
    // claims queue; where they are not, nothing is locked. A statement of its own: the claim sees what the one before it took.
    public const string LockSql = """
        SELECT pg_advisory_xact_lock(1179602768)
        WHERE $1 IS NOT NULL OR EXISTS (SELECT FROM followups.recipients r WHERE r.cap_max IS NOT NULL)
        """;

    // What is due of each trigger that is not paused, soonest first. They are merged, and each is read only as far as that asks for: a backlog
    // that is paused is not walked through. The limit lets PostgreSQL know that few will be asked for; it is several claims deep, since what
    // others have locked at this moment is passed over. Locked one by one behind the merge: a scan that locks has no order. Then all is asked
    // once more: of a row that was changed meanwhile, older releases of PostgreSQL find at its place what has become of it.
    private static readonly string DueByTrigger = string.Join(
        "\nUNION ALL\n",
        Enum.GetValues<FollowUpTrigger>()
            .Select(trigger =>
                $"""
                    (SELECT f.ctid AS place, f.next_at
                    FROM followups.follow_ups f
                    WHERE f.status = 0 AND f.trigger = {(short)trigger} AND f.next_at <= $7 AND {FollowUpTable.Idle}
                      AND NOT EXISTS (SELECT FROM followups.pauses p WHERE p.trigger = {(short)trigger})
                    ORDER BY f.next_at
                    LIMIT 8 * $3)
                    """
            )
    );

    // A crash needs no repair: the lease ends by the database's clock, which all Hosts share, and the row is taken again. An attempt that never
    // finished may have reached the customer: uncertain; but one that names no channel was never handed over, and never was. The same statement
    // refuses what must not go, so that nothing can come between the check and the claim, puts off what follows a booking that was moved, and
    // holds what a customer would get too much of. It changes no indexed column of what it takes (HOT).
    public static readonly string TakeSql = $$"""
        WITH due AS MATERIALIZED (
            SELECT mine.*
            FROM (
                {{DueByTrigger}}
            ) soonest
            CROSS JOIN LATERAL (
                SELECT f.id, f.user_id, f.booking_id, f.trigger, f.created_at, f.next_at, f.scheduled_at, f.not_after, f.event_at,
                       f.anchor_at, f.days_after, f.local_time, f.time_zone
                FROM followups.follow_ups f
                WHERE f.ctid = soonest.place AND f.status = 0 AND f.next_at <= $7 AND {{FollowUpTable.Idle}}
                FOR NO KEY UPDATE SKIP LOCKED
            ) mine
            ORDER BY soonest.next_at
            LIMIT $3
        ), judged AS (
            SELECT f.id, f.user_id, f.next_at, r.locale, r.addresses, r.time_zone, r.quiet_from, r.quiet_to,
                   coalesce(r.cap_max, $4) AS cap_max, CASE WHEN r.cap_max IS NULL THEN $5 ELSE r.cap_per END AS cap_per,
                   moved.away, clock.due_at, clock.due_at > $1 AND moved.away <> interval '0' AS put_off, beside.id AS beside,
                   CASE
                       WHEN {{OptOuts.Unwanted}} THEN 'opted_out'
                       WHEN {{CalledOff.Cancelled}} THEN 'booking_cancelled'
                       WHEN {{CalledOff.NoShow}} THEN 'booking_no_show'
                       WHEN {{FollowUpTable.Moved("f.not_after", "clock.due_at - f.scheduled_at")}} < $1 THEN 'stale'
                       WHEN beside.id IS NOT NULL THEN 'duplicate'
                   END AS refused
            FROM due f
            LEFT JOIN followups.recipients r ON r.user_id = f.user_id
            LEFT JOIN followups.bookings b ON b.booking_id = f.booking_id
            CROSS JOIN LATERAL (
                SELECT CASE WHEN f.trigger = 0 AND b.event_at IS NOT NULL THEN b.event_at - f.event_at ELSE interval '0' END AS away
            ) moved
            CROSS JOIN LATERAL (
                SELECT CASE WHEN moved.away = interval '0' THEN f.scheduled_at ELSE {{FollowUpTable.DueAfterMove}} END AS due_at
            ) clock
            LEFT JOIN LATERAL (
                SELECT o.id FROM followups.follow_ups o
                WHERE moved.away <> interval '0' AND o.user_id = f.user_id AND o.trigger = 0 AND o.status = 0 AND o.id <> f.id
                  AND o.scheduled_at BETWEEN clock.due_at - $8 AND clock.due_at + $8
                ORDER BY o.scheduled_at, o.id
                LIMIT 1
            ) beside ON true
        ), paced AS (
            SELECT j.*, CASE WHEN j.cap_max IS NOT NULL AND j.refused IS NULL AND NOT j.put_off THEN
                       row_number() OVER (PARTITION BY j.user_id, j.refused IS NULL AND NOT j.put_off ORDER BY j.next_at, j.id) > j.cap_max
                           - (SELECT count(*) FROM followups.follow_ups s
                              WHERE s.user_id = j.user_id AND s.status = 1 AND s.trigger = ANY ('{0,1,2,3}') AND s.executed_at > $7 - j.cap_per)
                           - (SELECT count(*) FROM followups.follow_ups s WHERE s.user_id = j.user_id AND s.status = 0 AND s.leased_until > clock_timestamp())
                   ELSE false END AS capped
            FROM judged j
        ), stopped AS (
            UPDATE followups.follow_ups f
            SET fence = f.fence + 1,
                leased_until = NULL,
                status = CASE WHEN j.refused IS NULL THEN 0 ELSE 2 END,
                cancelled_at = CASE WHEN j.refused IS NOT NULL THEN $1 END,
                cancel_reason = j.refused,
                held_reason = CASE WHEN j.capped THEN 'frequency_cap' END,
                event_at = f.event_at + j.away,
                anchor_at = f.anchor_at + j.away,
                scheduled_at = j.due_at,
                not_after = {{FollowUpTable.Moved("f.not_after", "j.due_at - f.scheduled_at")}},
                next_at = CASE WHEN j.capped THEN free.at ELSE j.due_at END,
                attempts = CASE
                        WHEN f.attempts -> -1 ->> 'outcome' IS NOT NULL THEN f.attempts
                        WHEN f.attempts -> -1 ? 'channel' THEN jsonb_set(f.attempts, '{-1,outcome}', '"uncertain"')
                        ELSE f.attempts - -1
                    END,
                decisions = f.decisions || CASE
                        WHEN j.refused = 'duplicate' THEN jsonb_build_object('at', $1, 'decision', 'cancelled', 'reason', j.refused,
                            'inputs', jsonb_build_object('followUpId', j.beside))
                        WHEN j.refused IS NOT NULL THEN jsonb_build_object('at', $1, 'decision', 'cancelled', 'reason', j.refused,
                            'inputs', jsonb_build_object('notAfter', {{FollowUpTable.Moved(
            "f.not_after",
            "j.due_at - f.scheduled_at"
        )}}))
                        WHEN j.capped AND f.held_reason = 'frequency_cap' THEN '[]'
                        WHEN j.capped THEN jsonb_build_object('at', $1, 'decision', 'held', 'reason', 'frequency_cap',
                            'inputs', jsonb_build_object('max', j.cap_max, 'per', j.cap_per, 'until', free.at))
                        ELSE jsonb_build_object('at', $1, 'decision', 'moved', 'reason', 'booking_rescheduled',
                            'inputs', jsonb_build_object('from', f.scheduled_at, 'to', j.due_at, 'eventAt', f.event_at + j.away))
                    END
            FROM paced j
            LEFT JOIN LATERAL (
                SELECT coalesce((
                    SELECT s.executed_at + j.cap_per FROM followups.follow_ups s
                    WHERE s.user_id = j.user_id AND s.status = 1 AND s.trigger = ANY ('{0,1,2,3}') AND s.executed_at > $7 - j.cap_per
                    ORDER BY s.executed_at DESC OFFSET j.cap_max - 1 LIMIT 1), $1 + $6) AS at
            ) free ON j.capped
            WHERE f.id = j.id AND (j.refused IS NOT NULL OR j.put_off OR j.capped)
            RETURNING f.id
        ), taken AS (
            UPDATE followups.follow_ups f
            SET fence = f.fence + 1,
                leased_until = clock_timestamp() + $2,
                event_at = f.event_at + j.away,
                anchor_at = f.anchor_at + j.away,
                attempts = CASE
                        WHEN f.attempts = '[]' THEN jsonb_build_array(jsonb_build_object('number', 1, 'startedAt', $1))
                        WHEN f.attempts -> -1 ->> 'outcome' IS NOT NULL
                            THEN f.attempts || jsonb_build_object('number', jsonb_array_length(f.attempts) + 1, 'startedAt', $1)
                        WHEN f.attempts -> -1 ? 'channel' THEN jsonb_set(f.attempts, '{-1,outcome}', '"uncertain"')
                            || jsonb_build_object('number', jsonb_array_length(f.attempts) + 1, 'startedAt', $1)
                        ELSE jsonb_set(f.attempts, '{-1,startedAt}', to_jsonb($1))
                    END
            FROM paced j
            WHERE f.id = j.id AND j.refused IS NULL AND NOT j.put_off AND NOT j.capped
            RETURNING f.id, f.fence, f.user_id, f.conversation_id, f.booking_id, f.trigger, f.event_at, f.last_activity_at,
                CASE WHEN f.template_pinned THEN f.template_id END, f.message, f.variables, jsonb_array_length(f.attempts), f.attempts_before,
                CASE WHEN f.attempts @> '[{"outcome": "uncertain"}]' AND f.message_content IS NOT NULL THEN f.template_id END,
                f.message_subject, f.message_content, j.locale, j.addresses, j.time_zone, j.quiet_from, j.quiet_to,
                CASE WHEN f.attempts @> '[{"outcome": "uncertain"}]'
                    THEN jsonb_path_query_first(f.attempts, '$[*] ? (@.outcome == "uncertain")') ->> 'channel' END,
                f.mood,
                f.template_channel,
                f.next_at
        )
        SELECT * FROM taken
        UNION ALL
        SELECT NULL, 0, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM stopped
        """;

    // Behind those that are being sent right now.
    public const string NextSql = """
        SELECT next.at
        FROM unnest('{0,1,2,3}'::smallint[]) t(trigger)
        CROSS JOIN LATERAL (
            SELECT f.next_at AS at
            FROM followups.follow_ups f
            WHERE f.status = 0 AND f.trigger = t.trigger AND f.leased_until IS NULL
            ORDER BY f.next_at
            LIMIT 1
        ) next
        WHERE t.trigger NOT IN (SELECT p.trigger FROM followups.pauses p)
        ORDER BY next.at
        LIMIT 1
        """;

    // What was given back, or is due again, stays free while the rest of its batch is on its way.
    private const string ExtendSql = """
        UPDATE followups.follow_ups f SET leased_until = clock_timestamp() + $3
        FROM unnest($1, $2) AS c(id, fence)
        WHERE f.id = c.id AND f.fence = c.fence AND f.status = 0 AND f.leased_until IS NOT NULL
        """;

    private const string ReleaseSql = """
        UPDATE followups.follow_ups f SET leased_until = NULL, attempts = f.attempts - -1
        FROM unnest($1, $2) AS c(id, fence)
        WHERE f.id = c.id AND f.fence = c.fence AND f.status = 0
        """;
}
