using FollowUps.Contracts;
using FollowUps.Scheduling;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Bookings;

// What somebody says of a booking, and the statement that keeps it. Reports may come twice and in any order.
internal sealed record BookingReport(
    string BookingId,
    BookingState State,
    DateTimeOffset OccurredAt,
    DateTimeOffset? EventAt = null,
    string? UserId = null,
    byte[]? UserKey = null,
    string? ConversationId = null,
    bool IsDated = true
)
{
    // One of which nothing follows for the booking's follow-ups.
    public async Task<BookingResult> KeepAsync(
        NpgsqlDataSource database,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(Command(now));
        var state = (short)(await batch.ExecuteScalarAsync(cancellationToken))!;
        return new BookingResult(BookingId, (BookingState)state, 0);
    }

    public NpgsqlBatchCommand Command(DateTimeOffset now) =>
        new(Sql)
        {
            Parameters =
            {
                new() { Value = BookingId },
                new() { Value = (object?)UserId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = (short)State },
                Instant(EventAt),
                Instant(OccurredAt),
                Instant(now),
                new() { Value = (object?)UserKey ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea },
                new() { Value = (object?)ConversationId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = IsDated },
            },
        };

    // Equal instants: the state further on wins, and a move beats a confirmation. Of an erased customer nothing is kept ($7). One that does not
    // say when it was (NOT $9) may be a repetition, and overrules nothing but a confirmation.
    private const string Sql = """
        INSERT INTO followups.bookings AS b (booking_id, user_id, conversation_id, state, event_at, occurred_at, moved_at, recorded_at)
        SELECT $1, $2, $8, $3, $4, $5, CASE WHEN $4 IS NOT NULL THEN $5 END, $6
        WHERE NOT EXISTS (SELECT FROM followups.erased e WHERE e.key = $7)
        ON CONFLICT (booking_id) DO UPDATE SET
            user_id = coalesce(b.user_id, excluded.user_id),
            conversation_id = CASE WHEN b.user_id IS DISTINCT FROM excluded.user_id AND b.user_id IS NOT NULL THEN b.conversation_id
                                   ELSE coalesce(excluded.conversation_id, b.conversation_id) END,
            (state, occurred_at, recorded_at) = (
                SELECT CASE WHEN later THEN excluded.state ELSE b.state END,
                       CASE WHEN later THEN excluded.occurred_at ELSE b.occurred_at END,
                       CASE WHEN later AND excluded.state <> b.state THEN excluded.recorded_at ELSE b.recorded_at END
                FROM (VALUES (($9 OR b.state = 0) AND (excluded.occurred_at, excluded.state) >= (b.occurred_at, b.state))) AS t(later)),
            (event_at, moved_at) = (
                SELECT CASE WHEN later THEN excluded.event_at ELSE b.event_at END,
                       CASE WHEN later THEN excluded.moved_at ELSE b.moved_at END
                FROM (VALUES (excluded.event_at IS NOT NULL
                              AND (b.moved_at IS NULL OR ($9 OR b.state = 0) AND (
                                   excluded.moved_at > b.moved_at OR excluded.moved_at = b.moved_at AND excluded.state = 1)))) AS t(later))
        RETURNING b.state, b.event_at
        """;

    public static void Check(string? bookingId, DateTimeOffset? occurredAt, Action<string, string> fail)
    {
        FollowUpRules.CheckText("bookingId", bookingId ?? "", FollowUpRules.MaxIdLength, fail);
        FollowUpRules.CheckInstant("occurredAt", occurredAt, needed: false, fail);
    }

    private static NpgsqlParameter Instant(DateTimeOffset? value) =>
        new()
        {
            Value = value is { } instant ? FollowUpRules.ToMicrosecond(instant).UtcDateTime : DBNull.Value,
            NpgsqlDbType = NpgsqlDbType.TimestampTz,
        };
}
