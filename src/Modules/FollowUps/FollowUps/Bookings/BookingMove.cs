using FollowUps.Data;
using FollowUps.Dispatch;
using FollowUps.Scheduling;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Bookings;

// What follows for its pending post-event follow-ups from a booking that takes place at another time: they move with it, and one that comes next
// to another follow-up of the customer is dropped. Under the customers' locks, of whom nothing else is then scheduled meanwhile.
internal sealed record BookingMove(string BookingId, DateTimeOffset Now, TimeSpan Window)
{
    // Customers whose first follow-up of the booking came between looking for them and its row.
    public const int Tries = 5;

    // The customers of a booking, as far as they are known before its row is locked: in the order of all that locks both, the booking comes later.
    public NpgsqlBatchCommand Lock() => new(LockSql) { Parameters = { new() { Value = BookingId } } };

    // Its rows: when each is due now, and as it was.
    public NpgsqlBatchCommand Move() => Command(MoveSql);

    public NpgsqlBatchCommand Drop() => Command(DropSql);

    // Whether there are some of customers who were not locked: then all is to be said again.
    public NpgsqlBatchCommand IsUnfinished() => Command(UnfinishedSql);

    // What its mover could not move: it had no customer locked but its own.
    public async Task FinishAsync(NpgsqlDataSource database, DueSignal due, CancellationToken cancellationToken)
    {
        for (var left = Tries; left > 0; left--)
        {
            await using var batch = database.CreateBatch();
            foreach (var command in (NpgsqlBatchCommand[])[Lock(), Move(), Drop(), IsUnfinished()])
            {
                batch.BatchCommands.Add(command);
            }

            await using var row = await batch.ExecuteReaderAsync(cancellationToken);
            await row.NextResultAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                due.Announce(row.GetFieldValue<DateTimeOffset>(0));
            }

            await row.NextResultAsync(cancellationToken);
            await row.ReadAsync(cancellationToken);
            if (!row.GetBoolean(0))
            {
                return;
            }
        }
    }

    private NpgsqlBatchCommand Command(string sql) =>
        new(sql)
        {
            Parameters =
            {
                new() { Value = BookingId },
                new() { Value = Now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = Window },
            },
        };

    // Who is locked, said to the statements behind.
    public static string Locked(string customers) => $"set_config('followups.customers', {customers}::text, true)";

    private static readonly string LockSql = $"""
        SELECT {Locked("coalesce(array_agg(mine.user_id), '{}')")}
        FROM (
            SELECT r.user_id FROM followups.recipients r
            WHERE r.user_id IN (
                SELECT b.user_id FROM followups.bookings b WHERE b.booking_id = $1
                UNION
                SELECT f.user_id FROM followups.follow_ups f WHERE f.booking_id = $1 AND f.status = 0 AND f.trigger = 0)
            ORDER BY r.user_id
            FOR UPDATE
        ) mine
        """;

    private const string Left = $"""
        FROM followups.follow_ups f
        JOIN followups.bookings b ON b.booking_id = f.booking_id AND b.event_at <> f.event_at
        CROSS JOIN LATERAL (SELECT b.event_at - f.event_at AS away) moved
        WHERE f.booking_id = $1 AND f.status = 0 AND f.trigger = 0 AND {FollowUpTable.Idle} AND $3 IS NOT NULL
        """;

    // A statement of its own, after the booking's row is locked: it sees what a confirmation committed meanwhile.
    private static readonly string MoveSql = $"""
        UPDATE followups.follow_ups f
        SET scheduled_at = mine.due_at, next_at = mine.due_at, not_after = {FollowUpTable.Moved(
            "f.not_after",
            "mine.due_at - f.scheduled_at"
        )},
            event_at = f.event_at + mine.away, anchor_at = f.anchor_at + mine.away, held_reason = NULL,
            decisions = f.decisions || jsonb_build_object('at', $2, 'decision', 'moved', 'reason', 'booking_rescheduled',
                'inputs', jsonb_build_object('from', f.scheduled_at, 'to', mine.due_at, 'eventAt', f.event_at + mine.away))
        FROM (
            SELECT f.id, moved.away, {FollowUpTable.DueAfterMove} AS due_at, to_jsonb(f) AS before
            {Left}
              AND f.user_id = ANY (nullif(current_setting('followups.customers', true), '')::text[])
            ORDER BY f.id
            FOR NO KEY UPDATE OF f
        ) mine
        WHERE f.id = mine.id
        RETURNING f.next_at, mine.before
        """;

    private static readonly string DropSql = Duplicates.DropMoved("i.booking_id = $1");

    private const string UnfinishedSql = $"SELECT EXISTS (SELECT {Left})";
}
