using FollowUps.Data;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Recipients;

internal static class OptOuts
{
    // Of a follow-up beside its customer's row: whether they no longer want it. A condition in SQL; null where they never said.
    public const string Unwanted =
        "opt_out && array['all', (array['post_event', 'reengagement', 'emotion_based', 'custom'])[trigger + 1]]";

    // Cancels what the customer no longer wants.
    public static NpgsqlBatchCommand Cancel(string userId, DateTimeOffset now, string saidBy) =>
        new(CancelSql)
        {
            Parameters =
            {
                new() { Value = userId },
                new() { Value = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = saidBy, NpgsqlDbType = NpgsqlDbType.Text },
            },
        };

    // A statement of its own, after the customer's row is locked: it sees what a scheduler committed meanwhile, and the next scheduler sees
    // the opt-out.
    private const string CancelSql = $"""
        UPDATE followups.follow_ups f
        SET status = 2, cancelled_at = $2, cancel_reason = 'opted_out', held_reason = NULL,
            decisions = f.decisions || jsonb_build_object('at', $2, 'decision', 'cancelled', 'reason', 'opted_out',
                'inputs', jsonb_build_object('by', $3))
        FROM (
            SELECT f.id
            FROM followups.follow_ups f
            JOIN followups.recipients r ON r.user_id = f.user_id
            WHERE f.user_id = $1 AND f.status = 0 AND {FollowUpTable.Idle}
              AND {Unwanted}
            ORDER BY f.id
            FOR NO KEY UPDATE OF f
        ) mine
        WHERE f.id = mine.id
        """;
}
