namespace FollowUps.Scheduling;

internal static class Duplicates
{
    // The id of the follow-up that makes another one like i needless, or null. Parameters: $1 now, $2 PostEventWindow, $3 ReengagementAfter,
    // $4 EmotionCheckInPause. Exact only under the lock of the customer's row in recipients.
    public const string Of = $"coalesce({Pending}, {Sent})";

    public const string Pending = """
        (SELECT f.id FROM followups.follow_ups f
         WHERE f.user_id = i.user_id AND f.trigger = i.trigger AND f.status = 0 AND f.id <> i.id
           AND CASE i.trigger
                   WHEN 0 THEN f.scheduled_at BETWEEN i.scheduled_at - $2 AND i.scheduled_at + $2
                   WHEN 3 THEN f.dedupe_key = i.dedupe_key
                   ELSE true
               END
         ORDER BY f.scheduled_at, f.id LIMIT 1)
        """;

    public const string Sent = """
        CASE
            WHEN i.trigger IN (1, 2) THEN
                (SELECT f.id FROM followups.follow_ups f
                 WHERE f.user_id = i.user_id AND f.trigger = i.trigger AND f.status = 1
                   AND f.executed_at > $1 - CASE i.trigger WHEN 1 THEN $3 ELSE $4 END
                 ORDER BY f.executed_at DESC LIMIT 1)
            WHEN i.trigger = 0 AND i.booking_id IS NOT NULL THEN
                (SELECT f.id FROM followups.follow_ups f
                 WHERE f.booking_id = i.booking_id AND f.user_id = i.user_id AND f.trigger = 0 AND f.status = 1
                   AND f.scheduled_at BETWEEN i.scheduled_at - $2 AND i.scheduled_at + $2
                 ORDER BY f.scheduled_at, f.id LIMIT 1)
        END
        """;

    // A post-event one that a statement before this one moved ($2: now) next to another of the customer goes: one is pending in a window, as when
    // they are scheduled. Of two moved at once the later. Which they are, scope says of i; $3 is PostEventWindow. Under the customer's lock too.
    public static string DropMoved(string scope) =>
        $"""
            UPDATE followups.follow_ups f
            SET status = 2, cancelled_at = $2, cancel_reason = 'duplicate',
                decisions = f.decisions || jsonb_build_object('at', $2, 'decision', 'cancelled', 'reason', 'duplicate',
                    'inputs', jsonb_build_object('followUpId', mine.there))
            FROM (
                SELECT i.id, other.id AS there
                FROM followups.follow_ups i
                CROSS JOIN LATERAL (
                    SELECT o.id FROM followups.follow_ups o
                    WHERE o.user_id = i.user_id AND o.trigger = 0 AND o.status = 0 AND o.id <> i.id
                      AND o.scheduled_at BETWEEN i.scheduled_at - $3 AND i.scheduled_at + $3
                      AND ((o.scheduled_at, o.id) < (i.scheduled_at, i.id) OR NOT {MovedNow("o")})
                    ORDER BY o.scheduled_at, o.id
                    LIMIT 1
                ) other
                WHERE {scope} AND i.trigger = 0 AND i.status = 0 AND {MovedNow("i")}
            ) mine
            WHERE f.id = mine.id
            """;

    private static string MovedNow(string row) =>
        $"coalesce({row}.decisions -> -1 @> jsonb_build_object('at', $2, 'decision', 'moved'), false)";
}
