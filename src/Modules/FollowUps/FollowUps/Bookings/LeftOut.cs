using System.Text.Json;
using FollowUps.Contracts;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Bookings;

// Bookings of a customer that are to take place and have no follow-up of their own, because that of another one stood so near: when that one is
// moved or cancelled, or they are moved, they get theirs. Here is what to ask for; scheduling decides, as always.
internal static class LeftOut
{
    public static NpgsqlBatchCommand Command(string bookingId, DateTimeOffset now, FollowUpsOptions options) =>
        new(Sql)
        {
            Parameters =
            {
                new() { Value = bookingId },
                new() { Value = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = options.PostEventWindow },
                new() { Value = options.PostEventDelay },
                new() { Value = options.MaxPendingPerUser },
                new() { Value = (object?)options.PostEventLocalTime ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Time },
                new() { Value = options.PostEventDaysAfter },
            },
        };

    public static async Task<List<NewFollowUp>> ReadAsync(NpgsqlDataReader row, CancellationToken cancellationToken)
    {
        var leftOut = new List<NewFollowUp>();
        while (await row.ReadAsync(cancellationToken))
        {
            string? Text(int at) => row.IsDBNull(at) ? null : row.GetString(at);
            var eventAt = row.GetFieldValue<DateTimeOffset>(2);
            leftOut.Add(
                new NewFollowUp
                {
                    Trigger = FollowUpTrigger.PostEvent,
                    BookingId = row.GetString(0),
                    UserId = row.GetString(1),
                    EventAt = eventAt,
                    ConversationId = Text(3),
                    Delay = row.IsDBNull(4) ? null : row.GetTimeSpan(4),
                    LocalTime = Text(5),
                    DaysAfter = row.IsDBNull(6) ? null : row.GetInt16(6),
                    TimeZone = Text(7),
                    TemplateId = Text(8),
                    Message = Text(9),
                    Variables = Text(10) is { } variables ? JsonSerializer.Deserialize<JsonElement>(variables) : null,
                    NotAfter = row.IsDBNull(11) ? null : eventAt + row.GetTimeSpan(11),
                }
            );
        }

        return leftOut;
    }

    // Either its own was dropped when it was moved there, and is asked for again as it was; or a confirmation was answered with that of the
    // other, and the usual one is asked for. Not while one stands near in whose place it would come, be it one asked for before it here.
    // $1 is the booking that was reported; c is the customer, last who was asked for before.
    private static string Next(string after, string since) =>
        $"""
                SELECT b.booking_id, b.event_at, lost.*, due.at
                FROM (
                    SELECT b.* FROM followups.bookings b WHERE b.user_id = c.user_id AND b.event_at >= {since}
                    UNION ALL
                    SELECT b.* FROM followups.bookings b WHERE b.booking_id = $1 AND b.user_id IS NULL AND b.event_at >= {since}
                ) b
                CROSS JOIN LATERAL (
                    SELECT f.conversation_id, CASE WHEN f.local_time IS NULL THEN f.scheduled_at - f.event_at END AS delay,
                           f.local_time, f.days_after, CASE WHEN f.zone_given THEN f.time_zone END AS time_zone,
                           CASE WHEN f.template_pinned THEN f.template_id END AS template_id, f.message, f.variables,
                           f.not_after - f.event_at AS kept
                    FROM followups.follow_ups f
                    WHERE f.booking_id = b.booking_id AND f.user_id = c.user_id AND f.trigger = 0 AND f.status = 2
                      AND f.decisions -> -1 -> 'inputs' ? 'followUpId'
                      AND NOT EXISTS (
                          SELECT FROM followups.follow_ups since
                          WHERE since.booking_id = f.booking_id AND since.user_id = f.user_id AND since.trigger = 0
                            AND since.created_at >= f.cancelled_at)
                    UNION ALL
                    SELECT b.conversation_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
                    WHERE b.conversation_id IS NOT NULL
                      AND NOT EXISTS (
                          SELECT FROM followups.follow_ups f
                          WHERE f.booking_id = b.booking_id AND f.user_id = c.user_id AND f.trigger = 0)
                ) lost
                CROSS JOIN LATERAL (
                    SELECT CASE WHEN lost.delay IS NULL AND coalesce(lost.local_time, $6) IS NOT NULL
                                THEN followups.due_by_clock(b.event_at, coalesce(lost.days_after, $7), coalesce(lost.local_time, $6),
                                    coalesce(lost.time_zone, c.zone, 'UTC'))
                                ELSE b.event_at + coalesce(lost.delay, $4) END AS at
                ) due
                WHERE b.state IN (0, 1) AND {after}
                  AND NOT EXISTS (
                      SELECT FROM followups.follow_ups f
                      WHERE f.user_id = c.user_id AND f.trigger = 0 AND f.status IN (0, 1)
                        AND f.scheduled_at BETWEEN due.at - $3 AND due.at + $3)
                ORDER BY b.event_at, b.booking_id, due.at
                LIMIT 1
            """;

    // One after the other, soonest first, as many as the customer has places for: of thousands that have none, all others would be refused.
    private static readonly string Sql = $"""
        WITH RECURSIVE customers AS (
            SELECT r.user_id, r.time_zone AS zone,
                   $5 - (SELECT count(*) FROM followups.follow_ups f WHERE f.user_id = r.user_id AND f.status = 0) AS room
            FROM (
                SELECT x.user_id FROM followups.bookings x WHERE x.booking_id = $1 AND x.user_id IS NOT NULL
                UNION
                SELECT f.user_id FROM followups.follow_ups f WHERE f.booking_id = $1 AND f.trigger = 0
            ) who
            JOIN followups.recipients r ON r.user_id = who.user_id AND NOT r.opt_out && array['all', 'post_event']
        ), chosen AS (
            SELECT c.user_id, c.zone, c.room, next.*
            FROM customers c
            CROSS JOIN LATERAL ({Next("b.event_at > $2 - $3", "$2 - $3")}) next
            WHERE c.room > 0
            UNION ALL
            SELECT c.user_id, c.zone, c.room - 1, next.*
            FROM chosen c
            CROSS JOIN LATERAL ({Next(
            "(b.event_at, b.booking_id, due.at) > (c.event_at, c.booking_id, c.at) AND due.at NOT BETWEEN c.at - $3 AND c.at + $3",
            "c.event_at"
        )}) next
            WHERE c.room > 1
        )
        SELECT booking_id, user_id, event_at, conversation_id, delay, to_char(local_time, 'HH24:MI'), days_after, time_zone, template_id,
               message, variables::text, kept
        FROM chosen
        ORDER BY event_at, booking_id, at
        """;
}
