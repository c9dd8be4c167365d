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
    // other, and the usual one is asked for. Not while one stands near in whose place it would come.
    private const string Sql = """
        SELECT b.booking_id, who.user_id, b.event_at, lost.*
        FROM (
            SELECT x.user_id FROM followups.bookings x WHERE x.booking_id = $1 AND x.user_id IS NOT NULL
            UNION
            SELECT f.user_id FROM followups.follow_ups f WHERE f.booking_id = $1 AND f.trigger = 0
        ) who
        JOIN followups.recipients r ON r.user_id = who.user_id AND NOT r.opt_out && array['all', 'post_event']
        JOIN followups.bookings b ON b.user_id = who.user_id OR b.booking_id = $1 AND b.user_id IS NULL
        CROSS JOIN LATERAL (
            SELECT f.conversation_id, CASE WHEN f.local_time IS NULL THEN f.scheduled_at - f.event_at END AS delay,
                   to_char(f.local_time, 'HH24:MI'), f.days_after, CASE WHEN f.zone_given THEN f.time_zone END,
                   CASE WHEN f.template_pinned THEN f.template_id END, f.message, f.variables::text, f.not_after - f.event_at
            FROM followups.follow_ups f
            WHERE f.booking_id = b.booking_id AND f.user_id = who.user_id AND f.trigger = 0 AND f.status = 2
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
                  WHERE f.booking_id = b.booking_id AND f.user_id = who.user_id AND f.trigger = 0)
        ) lost
        WHERE b.state IN (0, 1) AND b.event_at > $2 - $3
          AND NOT EXISTS (
              SELECT FROM followups.follow_ups f
              WHERE f.user_id = who.user_id AND f.trigger = 0 AND f.status IN (0, 1)
                AND f.scheduled_at BETWEEN b.event_at + coalesce(lost.delay, $4) - $3 AND b.event_at + coalesce(lost.delay, $4) + $3)
        ORDER BY b.event_at, b.booking_id, lost.delay
        """;
}
