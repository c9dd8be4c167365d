using System.Globalization;
using Conversations.Contracts;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Recipients;
using FollowUps.Wording;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NodaTime;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Dispatch;

// What is done with a claimed batch: asked for its moods, worded, written down, delivered, stored, recorded. The number of crossings does not
// depend on its size.
internal sealed class Sending(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    Claims claims,
    ISender modules,
    IDeliveryChannel channel,
    TemplateRenderer renderer,
    UnsubscribeLinks unsubscribing,
    IOptions<FollowUpsOptions> options,
    TimeProvider clock
)
{
    // Answers how many were sent, and when the first of those put off is due again.
    public async Task<(int Sent, DateTimeOffset? NextAt)> SendAsync(
        IReadOnlyList<Claim> batch,
        CancellationToken cancellationToken
    )
    {
        if (batch.Count == 0)
        {
            return (0, null);
        }

        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var extending = ExtendAsync(batch, done.Token);
        try
        {
            var outcomes = await PrepareAsync(batch, cancellationToken);
            await DeliverAsync(outcomes, cancellationToken);

            // From here on it is finished, come what may: giving up now would leave attempts uncertain that are not.
            await StoreTextsAsync(outcomes);
            await RecordAsync(outcomes);
            return (outcomes.Count(o => o.Kind == OutcomeKind.Sent), outcomes.Min(o => o.NextAt));
        }
        finally
        {
            await done.CancelAsync();
            await extending;
        }
    }

    private async Task ExtendAsync(IReadOnlyList<Claim> batch, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(options.Value.Lease / 3, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                await claims.ExtendAsync(batch, cancellationToken);
            }
        }
        catch (Exception problem) when (problem is OperationCanceledException or NpgsqlException)
        {
            // Sent, or the database is away: then the lease ends and the fence keeps a second sending apart.
        }
    }

    private async Task<List<Outcome>> PrepareAsync(IReadOnlyList<Claim> batch, CancellationToken cancellationToken)
    {
        try
        {
            var moods = await modules.Send(
                new GetMoods([.. batch.Select(claim => new MoodSubject(claim.UserId, claim.ConversationId))]),
                cancellationToken
            );
            var outcomes = batch.Zip(moods, Decide).ToList();
            await WriteDownAsync(outcomes, cancellationToken);
            return outcomes;
        }
        catch (OperationCanceledException)
        {
            await claims.ReleaseAsync(batch);
            throw;
        }
    }

    // The claim has sorted out what must not go by what this module knows; here is what only the other one could say.
    private Outcome Decide(Claim claim, Mood mood)
    {
        var now = clock.GetUtcNow();
        if (
            claim.Quiet?.FirstAllowed(Instant.FromDateTimeOffset(now), claim.Zone).ToDateTimeOffset() is { } allowed
            && allowed > now
        )
        {
            return new Outcome(claim, OutcomeKind.Held) { Reason = "quiet_hours", NextAt = allowed };
        }

        if (mood.Escalated && claim.Trigger is FollowUpTrigger.PostEvent or FollowUpTrigger.Reengagement)
        {
            return new Outcome(claim, OutcomeKind.Held)
            {
                Reason = "escalated",
                NextAt = now + options.Value.HoldRecheckEvery,
            };
        }

        var band = (FollowUpMood)mood.Band;
        if (claim.Prepared is { } prepared)
        {
            // A care message that may not have arrived goes again, in the same words; a promotion does not: once too few beats once too often.
            return claim.Trigger == FollowUpTrigger.Reengagement && !channel.RepeatsAreHarmless
                ? new Outcome(claim, OutcomeKind.Failed) { Reason = "uncertain" }
                : new Outcome(claim, OutcomeKind.Sent)
                {
                    TemplateId = prepared.TemplateId,
                    Subject = prepared.Subject,
                    Body = prepared.Body,
                };
        }

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
            values["event_date"] = TemplateRenderer.EventDate(
                Instant.FromDateTimeOffset(eventAt).InZone(claim.Zone).ToDateTimeOffset(),
                claim.Locale
            );
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

    // Before anything leaves: should the attempt end uncertain, its words are known.
    private async Task WriteDownAsync(List<Outcome> outcomes, CancellationToken cancellationToken)
    {
        var worded = outcomes.Where(o => o is { Kind: OutcomeKind.Sent, Claim.Prepared: null }).ToList();
        if (worded.Count == 0)
        {
            return;
        }

        await using var command = database.CreateCommand(WriteDownSql);
        command.Parameters.Add(
            new() { Value = clock.GetUtcNow().UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz }
        );
        command.Parameters.Add(Columns.Of(worded.Select(o => o.Claim.Id), NpgsqlDbType.Uuid));
        command.Parameters.Add(Columns.Of(worded.Select(o => o.Claim.Fence), NpgsqlDbType.Integer));
        command.Parameters.Add(Columns.Of(worded.Select(o => (short)o.Mood!), NpgsqlDbType.Smallint));
        command.Parameters.Add(Columns.Of(worded.Select(o => o.MoodScore), NpgsqlDbType.Double));
        command.Parameters.Add(Columns.Of(worded.Select(o => o.TemplateId), NpgsqlDbType.Text));
        command.Parameters.Add(Columns.Of(worded.Select(o => o.Subject), NpgsqlDbType.Text));
        command.Parameters.Add(Columns.Of(worded.Select(o => o.Body), NpgsqlDbType.Text));
        await command.ExecuteNonQueryAsync(cancellationToken);
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
                now,
                unsubscribing.Of(o.Claim.UserId, o.Claim.Trigger)
            )),
            cancellationToken
        );
        for (var i = 0; i < sending.Count; i++)
        {
            var (outcome, result) = (sending[i], results[i]);
            if (result.Delivered)
            {
                continue;
            }

            outcome.Reason = result.Error;
            outcome.Uncertain = result.Uncertain;
            if (result.Permanent || outcome.Claim.Try >= options.Value.MaxAttempts)
            {
                outcome.Kind = OutcomeKind.Failed;
            }
            else
            {
                outcome.Kind = OutcomeKind.Retry;
                outcome.NextAt = now + (result.RetryAfter ?? Backoff.After(outcome.Claim.Try, options.Value));
            }
        }
    }

    // Before the outcomes, so that a crash in between stores the text again (same id) instead of never.
    private async Task StoreTextsAsync(List<Outcome> outcomes)
    {
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
        while (texts.Count > 0 && await modules.Send(new StoreMessages(texts)) is { Refusal: { } refusal })
        {
            // Its conversation was erased or is another customer's: the rest must not suffer for it.
            texts.RemoveAt(refusal.Index);
        }
    }

    private async Task RecordAsync(List<Outcome> outcomes)
    {
        await using var command = database.CreateCommand(RecordSql);
        command.Parameters.Add(
            new() { Value = clock.GetUtcNow().UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz }
        );
        command.Parameters.Add(Columns.Of(outcomes.Select(o => o.Claim.Id), NpgsqlDbType.Uuid));
        command.Parameters.Add(Columns.Of(outcomes.Select(o => o.Claim.Fence), NpgsqlDbType.Integer));
        command.Parameters.Add(Columns.Of(outcomes.Select(o => (short)o.Kind), NpgsqlDbType.Smallint));
        command.Parameters.Add(Columns.Of(outcomes.Select(o => o.Reason), NpgsqlDbType.Text));
        command.Parameters.Add(Columns.Of(outcomes.Select(o => o.Uncertain), NpgsqlDbType.Boolean));
        command.Parameters.Add(Columns.Of(outcomes.Select(o => o.NextAt?.ToUniversalTime()), NpgsqlDbType.TimestampTz));
        await command.ExecuteNonQueryAsync();
    }

    // Changes no indexed column (HOT).
    public const string WriteDownSql = """
        UPDATE followups.follow_ups f
        SET mood = o.mood, template_id = o.template_id, message_subject = o.subject, message_content = o.body,
            decisions = CASE
                WHEN o.template_id = f.template_id THEN f.decisions
                ELSE f.decisions || jsonb_build_object('at', $1, 'decision', 'template_changed', 'reason', 'newest_mood', 'inputs',
                    jsonb_build_object('from', f.template_id, 'to', o.template_id,
                        'mood', (array['high', 'neutral', 'low'])[o.mood + 1], 'moodScore', o.score))
            END
        FROM unnest($2, $3, $4, $5, $6, $7, $8) AS o(id, fence, mood, score, template_id, subject, body)
        WHERE f.id = o.id AND f.fence = o.fence AND f.status = 0
        """;

    // The fence keeps a late finisher from overwriting what a later claim did. A hold is no attempt.
    public const string RecordSql = """
        UPDATE followups.follow_ups f
        SET status = CASE o.kind WHEN 0 THEN 1 WHEN 2 THEN 3 ELSE 0 END,
            leased_until = NULL,
            next_at = coalesce(o.next_at, f.next_at),
            executed_at = CASE WHEN o.kind = 0 THEN $1 END,
            held_reason = CASE WHEN o.kind = 3 THEN o.reason END,
            error_message = CASE WHEN o.kind IN (1, 2) THEN o.reason END,
            attempts = CASE
                    WHEN o.kind = 3 THEN f.attempts - -1
                    ELSE jsonb_set(
                        f.attempts, '{-1}',
                        f.attempts -> -1 || jsonb_build_object(
                            'finishedAt', $1,
                            'outcome', CASE WHEN o.uncertain THEN 'uncertain' WHEN o.kind = 0 THEN 'sent' ELSE 'failed' END,
                            'error', o.reason))
                END,
            decisions = CASE
                    WHEN o.kind = 0 THEN f.decisions || jsonb_build_object('at', $1, 'decision', 'sent', 'inputs', jsonb_build_object(
                        'templateId', f.template_id, 'mood', (array['high', 'neutral', 'low'])[f.mood + 1]))
                    WHEN o.kind = 2 THEN f.decisions || jsonb_build_object('at', $1, 'decision', 'failed', 'reason', o.reason)
                    WHEN o.kind = 3 AND o.reason IS DISTINCT FROM f.held_reason
                        THEN f.decisions || jsonb_build_object('at', $1, 'decision', 'held', 'reason', o.reason)
                    ELSE f.decisions
                END
        FROM unnest($2, $3, $4, $5, $6, $7) AS o(id, fence, kind, reason, uncertain, next_at)
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
        public bool Uncertain { get; set; }
        public DateTimeOffset? NextAt { get; set; }
        public FollowUpMood? Mood { get; init; }
        public double? MoodScore { get; init; }
        public string? TemplateId { get; init; }
        public string? Subject { get; init; }
        public string? Body { get; init; }
    }
}
