namespace FollowUps.Scheduling;

internal static class Duplicates
{
    // The id of the follow-up that makes another one like i needless, or null. Parameters: $1 now, $2 PostEventWindow, $3 ReengagementAfter,
    // $4 EmotionCheckInPause. Exact only under the lock of the customer's row in recipients.
    public const string Of = """
        coalesce(
            (SELECT f.id FROM followups.follow_ups f
             WHERE f.user_id = i.user_id AND f.trigger = i.trigger AND f.status = 0 AND f.id <> i.id
               AND CASE i.trigger
                       WHEN 0 THEN f.scheduled_at BETWEEN i.scheduled_at - $2 AND i.scheduled_at + $2
                       WHEN 3 THEN f.dedupe_key = i.dedupe_key
                       ELSE true
                   END
             ORDER BY f.scheduled_at, f.id LIMIT 1),
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
        )
        """;
}
