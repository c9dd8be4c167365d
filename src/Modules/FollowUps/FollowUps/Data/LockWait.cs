using Npgsql;

namespace FollowUps.Data;

// First in a batch, which is one transaction: whoever in it waits longer for a lock ends it. Answers with a row of its own.
internal static class LockWait
{
    public static NpgsqlBatchCommand AtMost(TimeSpan wait) =>
        new("SELECT set_config('lock_timeout', $1, true)")
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = $"{(int)wait.TotalMilliseconds}ms" } },
        };
}
