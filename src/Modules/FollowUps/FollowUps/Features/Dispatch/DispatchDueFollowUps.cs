using System.Globalization;
using Conversations.Contracts;
using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Dispatch;
using FollowUps.Wording;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Dispatch;

internal sealed class DispatchDueFollowUpsHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    ISender modules,
    IDeliveryChannel channel,
    TemplateRenderer renderer,
    IOptions<FollowUpsOptions> options,
    TimeProvider clock
) : IRequestHandler<DispatchDueFollowUps, DispatchResult>
{
    public async Task<DispatchResult> Handle(DispatchDueFollowUps request, CancellationToken cancellationToken)
    {
        var (claims, nextAt) = await ClaimAsync(cancellationToken);
        if (claims.Count == 0)
        {
            return new DispatchResult(0, 0, nextAt);
        }

        var moods = await modules.Send(
            new GetMoods([.. claims.Select(claim => new MoodSubject(claim.UserId, claim.ConversationId))]),
            cancellationToken
        );
        var outcomes = claims.Zip(moods, Decide).ToList();
        await DeliverAsync(outcomes, cancellationToken);
        await StoreTextsAsync(outcomes, cancellationToken);
        await RecordAsync(outcomes, cancellationToken);

        // What was put off may now be the first to look at.
        var putOff = outcomes.Min(o => o.NextAt);
        return new DispatchResult(
            claims.Count,
            outcomes.Count(o => o.Kind == OutcomeKind.Sent),
            nextAt is null || putOff < nextAt ? putOff : nextAt
        );
    }

    private async Task<(List<Claim> Claims, DateTimeOffset? NextAt)> ClaimAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(ClaimSql)
            {
                Parameters =
                {
                    new() { Value = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                    new() { Value = (now + options.Value.Lease).UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                    new() { Value = options.Value.DispatchBatchSize },
                },
            }
        );
        batch.BatchCommands.Add(new NpgsqlBatchCommand(NextSql));

        var claims = new List<Claim>();
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            claims.Add(Claim.Read(row));
        }

        await row.NextResultAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (claims, row.IsDBNull(0) ? null : row.GetFieldValue<DateTimeOffset>(0));
    }

    // The claim has sorted out what must not go by what this module knows; here is what only the other one could say.
    private Outcome Decide(Claim claim, Mood mood)
    {
        var now = clock.GetUtcNow();
        if (mood.Escalated && claim.Trigger is (FollowUpTrigger.PostEvent or FollowUpTrigger.Reengagement))
        {
            return new Outcome(claim, OutcomeKind.Held)
            {
                Reason = "escalated",
                NextAt = now + options.Value.HoldRecheckEvery,
            };
        }

        var band = (FollowUpMood)mood.Band;
        var templateId = claim.PinnedTemplateId ?? TemplateChoice.For(claim.Trigger, band, mood.ConversationCount);
        var (subject, body) = renderer.Render(BuiltInTemplates.All[templateId], Values(claim, now), claim.Variables);
        return new Outcome(claim, OutcomeKind.Sent)
        {
            Mood = band,
            MoodScore = mood.Score,
            TemplateId = templateId,
            Subject = subject,
            Body = body,
        };
    }

    private static Dictionary<string, string> Values(Claim claim, DateTimeOffset now)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal) { ["user_id"] = claim.UserId };
        if (claim.BookingId is { } booking)
        {
            values["booking_id"] = booking;
        }

        if (claim.EventAt is { } eventAt)
        {
            values["event_date"] = TemplateRenderer.EventDate(eventAt, claim.Locale);
        }

        if (claim.LastActivityAt is { } active)
        {
            values["days_inactive"] = ((int)(now - active).TotalDays).ToString(CultureInfo.InvariantCulture);
        }

        if (claim.Message is { } message)
        {
            values["custom_message"] = message;
        }

        return values;
    }

    private async Task DeliverAsync(List<Outcome> outcomes, CancellationToken cancellationToken)
    {
        var sending = outcomes.Where(outcome => outcome.Kind == OutcomeKind.Sent).ToList();
        if (sending.Count == 0)
        {
            return;
        }

        var now = clock.GetUtcNow();
        var results = await channel.DeliverAsync(
            sending.ConvertAll(o => new Contracts.Delivery(
                o.Claim.Id,
                o.Claim.UserId,
                o.Claim.Address,
                o.Subject,
                o.Body!,
                o.Claim.Attempt,
                now
            )),
            cancellationToken
        );
        for (var i = 0; i < sending.Count; i++)
        {
            if (results[i].Delivered)
            {
                continue;
            }

            sending[i].Reason = results[i].Error;
            if (results[i].Permanent || sending[i].Claim.Try >= options.Value.MaxAttempts)
            {
                sending[i].Kind = OutcomeKind.Failed;
            }
            else
            {
                sending[i].Kind = OutcomeKind.Retry;
                sending[i].NextAt = now + Backoff.After(sending[i].Claim.Try, options.Value);
            }
        }
    }

    // Before the outcomes, so that a crash in between stores the text again (same id) instead of never.
    private async Task StoreTextsAsync(List<Outcome> outcomes, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var texts = outcomes
            .Where(o => o.Kind == OutcomeKind.Sent && o.Claim.ConversationId is not null)
            .Select(o => new NewMessage
            {
                Id = o.Claim.Id,
                ConversationId = o.Claim.ConversationId!,
                UserId = o.Claim.UserId,
                Role = MessageRole.Assistant,
                Content = o.Body,
                Channel = channel.Name,
            })
            .ToList();
        while (
            texts.Count > 0
            && await modules.Send(new StoreMessages(texts), cancellationToken) is { Refusal: { } refusal }
        )
        {
            // Its conversation was erased or is another customer's: the rest must not suffer for it.
            texts.RemoveAt(refusal.Index);
        }
    }

    private async Task RecordAsync(List<Outcome> outcomes, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(RecordSql);
        command.Parameters.Add(
            new() { Value = clock.GetUtcNow().UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz }
        );
        command.Parameters.Add(Columns.Of(outcomes.Select(o => o.Claim.Id), NpgsqlDbType.Uuid));
        command.Parameters.Add(Columns.Of(outcomes.Select(o => o.Claim.Fence), NpgsqlDbType.Integer));
        command.Parameters.Add(Columns.Of(outcomes.Select(o => (short)o.Kind), NpgsqlDbType.Smallint));
        command.Parameters.Add(Columns.Of(outcomes.Select(o => o.Reason), NpgsqlDbType.Text));
        command.Parameters.Add(Columns.Of(outcomes.Select(o => o.NextAt?.ToUniversalTime()), NpgsqlDbType.TimestampTz));
        command.Parameters.Add(Columns.Of(outcomes.Select(o => (short?)o.Mood), NpgsqlDbType.Smallint));
        command.Parameters.Add(Columns.Of(outcomes.Select(o => o.MoodScore), NpgsqlDbType.Double));
        command.Parameters.Add(Columns.Of(outcomes.Select(o => o.TemplateId), NpgsqlDbType.Text));
        command.Parameters.Add(Columns.Of(outcomes.Select(o => o.Body), NpgsqlDbType.Text));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // A claim puts next_at to the end of its lease: a crash needs no repair, the row simply falls due again. An attempt that never
    // finished may have reached the customer: uncertain. The same statement refuses what must not go, so that nothing can come between
    // the check and the claim, and puts off what follows a booking that was moved.
    private const string ClaimSql = """
        WITH due AS MATERIALIZED (
            SELECT f.id, f.user_id, f.booking_id, f.trigger, f.created_at, f.scheduled_at, f.not_after, f.event_at
            FROM followups.follow_ups f
            WHERE f.status = 0 AND f.next_at <= $1
            ORDER BY f.next_at, f.id
            LIMIT $3
            FOR NO KEY UPDATE SKIP LOCKED
        ), judged AS (
            SELECT due.id, r.locale, r.addresses ->> 'outbox' AS address, moved.away,
                   due.scheduled_at + moved.away > $1 AS put_off,
                   CASE
                       WHEN r.opt_out && array['all', (array['post_event', 'reengagement', 'emotion_based', 'custom'])[due.trigger + 1]]
                           THEN 'opted_out'
                       WHEN b.state = 4 AND (due.trigger = 0 OR due.created_at <= b.recorded_at) THEN 'booking_cancelled'
                       WHEN b.state = 3 AND due.trigger = 0 THEN 'booking_no_show'
                       WHEN due.not_after + moved.away < $1 THEN 'stale'
                   END AS refused
            FROM due
            LEFT JOIN followups.recipients r ON r.user_id = due.user_id
            LEFT JOIN followups.bookings b ON b.booking_id = due.booking_id
            CROSS JOIN LATERAL (
                SELECT CASE WHEN due.trigger = 0 AND b.event_at IS NOT NULL THEN b.event_at - due.event_at ELSE interval '0' END AS away
            ) moved
        ), claimed AS (
            UPDATE followups.follow_ups f
            SET fence = f.fence + 1,
                status = CASE WHEN j.refused IS NULL THEN 0 ELSE 2 END,
                cancelled_at = CASE WHEN j.refused IS NOT NULL THEN $1 END,
                cancel_reason = j.refused,
                held_reason = CASE WHEN j.refused IS NULL THEN f.held_reason END,
                event_at = f.event_at + j.away,
                scheduled_at = f.scheduled_at + j.away,
                not_after = f.not_after + j.away,
                next_at = CASE WHEN j.put_off THEN f.scheduled_at + j.away ELSE $2 END,
                attempts = CASE
                        WHEN f.attempts <> '[]' AND f.attempts -> -1 ->> 'outcome' IS NULL
                            THEN jsonb_set(f.attempts, '{-1,outcome}', '"uncertain"')
                        ELSE f.attempts
                    END || CASE
                        WHEN j.refused IS NULL AND NOT j.put_off
                            THEN jsonb_build_object('number', jsonb_array_length(f.attempts) + 1, 'startedAt', $1)
                        ELSE '[]'
                    END,
                decisions = f.decisions || CASE
                        WHEN j.refused IS NOT NULL THEN jsonb_build_object('at', $1, 'decision', 'cancelled', 'reason', j.refused)
                        WHEN j.away <> interval '0' THEN jsonb_build_object('at', $1, 'decision', 'moved', 'reason', 'booking_rescheduled',
                            'inputs', jsonb_build_object('from', f.scheduled_at, 'to', f.scheduled_at + j.away, 'eventAt', f.event_at + j.away))
                        ELSE '[]'
                    END
            FROM judged j
            WHERE f.id = j.id
            RETURNING f.*, j.locale, j.address, j.refused IS NULL AND NOT j.put_off AS goes
        )
        SELECT c.id, c.fence, c.user_id, c.conversation_id, c.booking_id, c.trigger, c.scheduled_at, c.event_at, c.last_activity_at,
               CASE WHEN c.template_pinned THEN c.template_id END, c.message, c.variables, jsonb_array_length(c.attempts), c.attempts_before,
               c.locale, c.address
        FROM claimed c
        WHERE c.goes
        """;

    private const string NextSql = "SELECT min(next_at) FROM followups.follow_ups WHERE status = 0";

    // The fence keeps a late finisher from overwriting what a later claim did. A hold is no attempt.
    private const string RecordSql = """
        UPDATE followups.follow_ups f
        SET status = CASE o.kind WHEN 0 THEN 1 WHEN 2 THEN 3 ELSE 0 END,
            next_at = coalesce(o.next_at, f.next_at),
            executed_at = CASE WHEN o.kind = 0 THEN $1 END,
            held_reason = CASE WHEN o.kind = 3 THEN o.reason END,
            error_message = CASE WHEN o.kind IN (1, 2) THEN o.reason END,
            mood = coalesce(o.mood, f.mood),
            template_id = coalesce(o.template_id, f.template_id),
            message_content = CASE WHEN o.kind = 0 THEN o.body END,
            attempts = CASE
                    WHEN o.kind = 3 THEN f.attempts - -1
                    ELSE jsonb_set(
                        f.attempts, '{-1}',
                        f.attempts -> -1 || jsonb_build_object(
                            'finishedAt', $1, 'outcome', CASE WHEN o.kind = 0 THEN 'sent' ELSE 'failed' END, 'error', o.reason))
                END,
            decisions = f.decisions
                || CASE
                    WHEN o.kind = 0 AND o.template_id <> f.template_id THEN jsonb_build_object('at', $1, 'decision', 'template_changed',
                        'reason', 'newest_mood', 'inputs', jsonb_build_object('from', f.template_id, 'to', o.template_id))
                    ELSE '[]'
                END
                || CASE
                    WHEN o.kind = 0 THEN jsonb_build_object('at', $1, 'decision', 'sent', 'inputs', jsonb_build_object('templateId', o.template_id,
                        'mood', (array['high', 'neutral', 'low'])[o.mood + 1], 'moodScore', o.score, 'attempt', jsonb_array_length(f.attempts)))
                    WHEN o.kind = 2 THEN jsonb_build_object('at', $1, 'decision', 'failed', 'reason', o.reason)
                    WHEN o.kind = 3 AND o.reason IS DISTINCT FROM f.held_reason
                        THEN jsonb_build_object('at', $1, 'decision', 'held', 'reason', o.reason)
                    ELSE '[]'
                END
        FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10) AS o(id, fence, kind, reason, next_at, mood, score, template_id, body)
        WHERE f.id = o.id AND f.fence = o.fence AND f.status = 0
        """;

    private enum OutcomeKind
    {
        Sent,
        Retry,
        Failed,
        Held,
    }

    private sealed class Outcome(Claim claim, OutcomeKind kind)
    {
        public Claim Claim { get; } = claim;
        public OutcomeKind Kind { get; set; } = kind;
        public string? Reason { get; set; }
        public DateTimeOffset? NextAt { get; set; }
        public FollowUpMood? Mood { get; init; }
        public double? MoodScore { get; init; }
        public string? TemplateId { get; init; }
        public string? Subject { get; init; }
        public string? Body { get; init; }
    }

    private sealed record Claim(
        Guid Id,
        int Fence,
        string UserId,
        string? ConversationId,
        string? BookingId,
        FollowUpTrigger Trigger,
        DateTimeOffset ScheduledAt,
        DateTimeOffset? EventAt,
        DateTimeOffset? LastActivityAt,
        string? PinnedTemplateId,
        string? Message,
        string? Variables,
        int Attempt,
        int AttemptsBefore,
        string? Locale,
        string? Address
    )
    {
        // Which attempt it is since it was last made to try anew.
        public int Try => Attempt - AttemptsBefore;

        public static Claim Read(NpgsqlDataReader row)
        {
            string? Text(int at) => row.IsDBNull(at) ? null : row.GetString(at);
            DateTimeOffset? Instant(int at) => row.IsDBNull(at) ? null : row.GetFieldValue<DateTimeOffset>(at);

            return new Claim(
                row.GetGuid(0),
                row.GetInt32(1),
                row.GetString(2),
                Text(3),
                Text(4),
                (FollowUpTrigger)row.GetInt16(5),
                row.GetFieldValue<DateTimeOffset>(6),
                Instant(7),
                Instant(8),
                Text(9),
                Text(10),
                Text(11),
                row.GetInt32(12),
                row.GetInt32(13),
                Text(14),
                Text(15)
            );
        }
    }
}
