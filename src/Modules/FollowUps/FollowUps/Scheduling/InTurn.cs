using FollowUps.Data;

namespace FollowUps.Scheduling;

// Many follow-ups of one customer in one statement, each after those before it, as ScheduleWrite.InsertSql would one statement after another
// with the same parameters. Those that are scheduled are found one by one, and they are no more than may be pending: each step looks for the
// next that neither was there nor is like one found before. All others follow from them.
internal static class InTurn
{
    // Of the customer's arrays, one element for each that was found.
    private const string Found = """
        unnest(t.ords, t.ids, t.triggers, t.dues, t.keys) AS s(ord, id, trigger, scheduled_at, dedupe_key)
        """;

    // As Duplicates.Pending, in this statement's own rows.
    private const string Alike = """
        s.ord < i.ord AND s.trigger = i.trigger
        AND CASE i.trigger
                WHEN 0 THEN s.scheduled_at BETWEEN i.scheduled_at - $2 AND i.scheduled_at + $2
                WHEN 3 THEN s.dedupe_key = i.dedupe_key
                ELSE true
            END
        """;

    public const string Sql = $"""
        WITH RECURSIVE {ScheduleWrite.Input}, turns AS (
            SELECT i.user_id, i.pending, array[i.ord] AS ords, array[i.id] AS ids, array[i.trigger] AS triggers,
                   array[i.scheduled_at] AS dues, array[i.dedupe_key] AS keys
            FROM (
                SELECT DISTINCT ON (user_id) * FROM input WHERE existing IS NULL AND suppressed IS NULL ORDER BY user_id, ord
            ) i
            UNION ALL
            SELECT t.user_id, t.pending, t.ords || next.ord, t.ids || next.id, t.triggers || next.trigger, t.dues || next.scheduled_at,
                   t.keys || next.dedupe_key
            FROM turns t
            CROSS JOIN LATERAL (
                SELECT i.* FROM input i
                WHERE i.user_id = t.user_id AND i.ord > t.ords[cardinality(t.ords)] AND i.existing IS NULL AND i.suppressed IS NULL
                  AND NOT EXISTS (SELECT FROM {Found} WHERE {Alike})
                ORDER BY i.ord
                LIMIT 1
            ) next
            WHERE t.pending + cardinality(t.ords) < $5
        ), decided AS MATERIALIZED (
            SELECT i.ord, i.id, i.trigger, i.scheduled_at, i.anchor_at, i.time_zone, i.zone_given, i.local_time, i.days_after, i.not_after,
                   i.event_at, i.last_activity_at, i.user_id, i.conversation_id, i.booking_id, i.dedupe_key, i.pinned, i.template_id, i.mood,
                   i.message, i.variables, i.checked_after, coalesce(earlier.id, i.existing) AS existing,
                   CASE WHEN i.ord = ANY (t.ords) THEN NULL ELSE coalesce(i.suppressed, 'pending_limit') END AS suppressed
            FROM input i
            LEFT JOIN (SELECT DISTINCT ON (user_id) * FROM turns ORDER BY user_id, cardinality(ords) DESC) t ON t.user_id = i.user_id
            LEFT JOIN LATERAL (
                SELECT s.id FROM {Found}
                WHERE {Alike}
                  AND NOT EXISTS (
                      SELECT FROM followups.follow_ups f
                      WHERE f.id = i.existing AND f.status = 0 AND (f.scheduled_at, f.id) < (s.scheduled_at, s.id))
                ORDER BY s.scheduled_at, s.id
                LIMIT 1
            ) earlier ON true
        ), inserted AS (
            {ScheduleWrite.Into}
            FROM decided
            WHERE existing IS NULL AND suppressed IS NULL
            RETURNING {FollowUpTable.Columns}
        ), refused AS (
            INSERT INTO followups.refusals AS r (user_id, trigger, reason, follow_up_id, times, first_at, last_at, inputs)
            SELECT same.user_id, same.trigger, same.reason, same.follow_up_id, count(*), $1, $1,
                   (array_agg(same.inputs ORDER BY same.ord DESC))[1]
            FROM (
                SELECT {ScheduleWrite.Refusal}, ord, {ScheduleWrite.RefusalInputs} AS inputs
                FROM decided
                WHERE existing IS NOT NULL OR suppressed <> 'erased'
            ) same
            GROUP BY same.user_id, same.trigger, same.reason, same.follow_up_id
            ON CONFLICT (user_id, trigger, reason, follow_up_id) DO UPDATE
            SET times = r.times + excluded.times, last_at = excluded.last_at, inputs = excluded.inputs
        )
        SELECT NULL::int, NULL, NULL::float8, NULL::jsonb, f.* FROM inserted f
        UNION ALL
        SELECT i.ord, 'duplicate', NULL, NULL, f.* FROM decided i JOIN inserted f ON f.id = i.existing
        UNION ALL
        SELECT i.ord, 'duplicate', NULL, NULL, {FollowUpTable.Columns}
        FROM decided i
        CROSS JOIN LATERAL (SELECT f.* FROM followups.follow_ups f WHERE f.id = i.existing LIMIT 1) f
        UNION ALL
        SELECT i.ord, i.suppressed, NULL, NULL, f.*
        FROM decided i LEFT JOIN inserted f ON false WHERE i.existing IS NULL AND i.suppressed IS NOT NULL
        """;
}
