using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Scheduling;

// What makes a failed follow-up try anew, and the parameters of what decides whether it may: $1 to $4 are those of Duplicates, $5 is how long
// one of each trigger stays worth sending, $6 how many a customer may have pending.
internal static class Retrying
{
    public const string Set = """
        status = 0, next_at = $1, attempts_before = jsonb_array_length(attempts), not_after = greatest(not_after, $1 + $5[trigger + 1]),
        decisions = decisions || jsonb_build_object('at', $1, 'decision', 'retried', 'reason', 'requested')
        """;

    public static NpgsqlBatchCommand Command(
        string sql,
        DateTimeOffset now,
        FollowUpsOptions options,
        params NpgsqlParameter[] which
    )
    {
        var command = new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                new() { Value = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = options.PostEventWindow },
                new() { Value = options.ReengagementAfter },
                new() { Value = options.EmotionCheckInPause },
                new() { Value = FollowUpRules.StaleAfter(options) },
                new() { Value = options.MaxPendingPerUser },
            },
        };
        command.Parameters.AddRange(which);
        return command;
    }
}
