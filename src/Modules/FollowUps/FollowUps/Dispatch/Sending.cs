using Conversations.Contracts;
using Fluid.Values;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Delivery;
using FollowUps.Recipients;
using FollowUps.Wording;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using Polly;
using Polly.Retry;

namespace FollowUps.Dispatch;

// What is done with a claimed batch: asked for its moods, worded, written down, delivered, stored, recorded. The number of crossings does not
// depend on its size.
internal sealed class Sending(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    Claims claims,
    ISender modules,
    Channels channels,
    NewestTemplates templates,
    UnsubscribeLinks unsubscribing,
    IOptions<FollowUpsOptions> options,
    FollowUpsMeter meter,
    TimeProvider clock
)
{
    // What is delivered and not recorded is uncertain: a database that is away is waited for. The fence bears repetition.
    private static readonly ResiliencePipeline Persistently = new ResiliencePipelineBuilder()
        .AddRetry(
            new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<NpgsqlException>(problem => problem.IsTransient),
                MaxRetryAttempts = 60,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromMilliseconds(100),
                MaxDelay = TimeSpan.FromSeconds(2),
                UseJitter = true,
            }
        )
        .Build();

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

        using var done = new CancellationTokenSource();
        var extending = ExtendAsync(batch, done.Token);
        try
        {
            var outcomes = await PrepareAsync(batch, cancellationToken);

            // A slow channel does not keep the others' outcomes waiting. What there is nothing to send of goes along with one of them.
            var lanes = outcomes
                .Where(o => o.Kind == OutcomeKind.Sent)
                .GroupBy(o => o.Route!.Lane!)
                .Select(lane => (Lane: (Lane?)lane.Key, Outcomes: lane.ToList()))
                .ToList();
            if (lanes.Count == 0)
            {
                lanes.Add((null, []));
            }

            lanes[0].Outcomes.AddRange(outcomes.Where(o => o.Kind != OutcomeKind.Sent));
            await Task.WhenAll(lanes.Select(lane => FinishAsync(lane.Lane, lane.Outcomes, cancellationToken)));
            return (outcomes.Count(o => o.Kind == OutcomeKind.Sent), outcomes.Min(o => o.NextAt));
        }
        finally
        {
            await done.CancelAsync();
            await extending;
        }
    }

    private async Task FinishAsync(Lane? lane, List<Outcome> outcomes, CancellationToken cancellationToken)
    {
        if (lane is not null)
        {
            await DeliverAsync(lane, outcomes, cancellationToken);
        }

        // From here on it is finished, come what may: giving up now would leave attempts uncertain that are not.
        await Persistently.ExecuteAsync(async _ => await StoreTextsAsync(outcomes), CancellationToken.None);
        await Persistently.ExecuteAsync(async _ => await RecordAsync(outcomes), CancellationToken.None);
    }

    private async Task ExtendAsync(IReadOnlyList<Claim> batch, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(options.Value.Lease / 3, clock);
        while (true)
        {
            try
            {
                await timer.WaitForNextTickAsync(cancellationToken);
                await claims.ExtendAsync(batch, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (NpgsqlException)
            {
                // The database is away. Should the lease end meanwhile, the fence keeps a second sending apart.
            }
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
            return await WriteDownAsync(batch.Zip(moods, Decide).ToList(), cancellationToken);
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

        var route = channels.For(claim.Addresses, claim.Prepared?.Channel);
        if (route.Lane is not { } lane)
        {
            return route.Obstacle == Channels.NoAddress
                ? new Outcome(claim, OutcomeKind.Failed) { Reason = route.Obstacle }
                : new Outcome(claim, OutcomeKind.Held)
                {
                    Reason = route.Obstacle,
                    NextAt = now + options.Value.HoldRecheckEvery,
                };
        }

        var band = MoodHysteresis.Settle(
            claim.MoodBefore,
            (FollowUpMood)mood.Band,
            mood.Score,
            options.Value.MoodHysteresis
        );
        if (claim.Prepared is { } prepared)
        {
            // A care message that may not have arrived goes again, in the same words; a promotion does not: once too few beats once too often.
            return
                claim.Trigger == FollowUpTrigger.Reengagement
                && !options.Value.RepeatUncertainPromotions
                && !lane.Channel.RepeatsAreHarmless
                ? new Outcome(claim, OutcomeKind.Failed) { Reason = "uncertain" }
                : new Outcome(claim, OutcomeKind.Sent)
                {
                    Route = route,
                    TemplateId = prepared.TemplateId,
                    TemplateChannel = prepared.TemplateChannel,
                    Subject = prepared.Subject,
                    Body = prepared.Body,
                };
        }

        var templateId = claim.PinnedTemplateId ?? TemplateChoice.For(claim.Trigger, band, mood.ConversationCount);
        var template = templates.Book.Find(new TemplateKey(templateId, claim.Locale, lane.Name));
        var worded = TemplateRenderer.Render(template, Values(claim, now), claim.Locale);
        return worded.Body is null
            ? Unsent(new Outcome(claim, OutcomeKind.Retry) { Reason = worded.Error }, now)
            : new Outcome(claim, OutcomeKind.Sent)
            {
                Route = route,
                Mood = band,
                MoodScore = mood.Score,
                TemplateId = templateId,
                Template = template,
                TemplateChannel = template.Channel,
                Subject = worded.Subject,
                Body = worded.Body,
            };
    }

    private static IEnumerable<KeyValuePair<string, FluidValue>> Values(Claim claim, DateTimeOffset now)
    {
        foreach (var own in TemplateVariables.Own(claim.Variables))
        {
            yield return own;
        }

        yield return new(TemplateVariables.UserId, new StringValue(claim.UserId));
        if (claim.BookingId is { } booking)
        {
            yield return new(TemplateVariables.BookingId, new StringValue(booking));
        }

        if (claim.EventAt is { } eventAt)
        {
            var local = Instant.FromDateTimeOffset(eventAt).InZone(claim.Zone).ToDateTimeOffset();
            yield return new(TemplateVariables.EventDate, new StringValue(TemplateVariables.Date(local, claim.Locale)));
        }

        if (claim.LastActivityAt is { } active)
        {
            yield return new(TemplateVariables.DaysInactive, NumberValue.Create((int)(now - active).TotalDays));
        }

        if (claim.Message is { } message)
        {
            yield return new(TemplateVariables.CustomMessage, new StringValue(message));
        }
    }

    // Before anything leaves: should the attempt end uncertain, its words, its channel and its key are known. Whoever lost the claim meanwhile,
    // or whose customer was erased, sends nothing.
    private async Task<List<Outcome>> WriteDownAsync(List<Outcome> outcomes, CancellationToken cancellationToken)
    {
        var worded = outcomes.Where(o => o.Kind == OutcomeKind.Sent).ToList();
        if (worded.Count == 0)
        {
            return outcomes;
        }

        await using var command = database.CreateCommand(WriteDownSql);
        command.Parameters.Add(
            new() { Value = clock.GetUtcNow().UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz }
        );
        command.Parameters.Add(Columns.Of(worded.Select(o => o.Claim.Id), NpgsqlDbType.Uuid));
        command.Parameters.Add(Columns.Of(worded.Select(o => o.Claim.Fence), NpgsqlDbType.Integer));
        command.Parameters.Add(Columns.Of(worded.Select(o => (short?)o.Mood), NpgsqlDbType.Smallint));
        command.Parameters.Add(Columns.Of(worded.Select(o => o.MoodScore), NpgsqlDbType.Double));
        command.Parameters.Add(Columns.Of(worded.Select(o => o.TemplateId), NpgsqlDbType.Text));
        command.Parameters.Add(Columns.Of(worded.Select(o => o.Subject), NpgsqlDbType.Text));
        command.Parameters.Add(Columns.Of(worded.Select(o => o.Body), NpgsqlDbType.Text));
        command.Parameters.Add(Columns.Of(worded.Select(o => o.Route!.Lane!.Name), NpgsqlDbType.Text));
        command.Parameters.Add(
            Columns.Of(worded.Select(o => o.Route!.Lane!.Channel.ProviderKey(o.Claim.Id)), NpgsqlDbType.Text)
        );
        command.Parameters.Add(Columns.Of(worded.Select(o => o.Template?.Version), NpgsqlDbType.Integer));
        command.Parameters.Add(Columns.Of(worded.Select(o => o.Template?.Locale), NpgsqlDbType.Text));
        command.Parameters.Add(Columns.Of(worded.Select(o => o.Template?.Channel), NpgsqlDbType.Text));
        var kept = new HashSet<Guid>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            kept.Add(row.GetGuid(0));
        }

        return kept.Count == worded.Count
            ? outcomes
            : outcomes.FindAll(o => o.Kind != OutcomeKind.Sent || kept.Contains(o.Claim.Id));
    }

    private async Task DeliverAsync(Lane lane, List<Outcome> outcomes, CancellationToken cancellationToken)
    {
        var sending = outcomes.FindAll(outcome => outcome.Kind == OutcomeKind.Sent);
        var now = clock.GetUtcNow();
        using var abandoned = new CancellationTokenSource();
        await using var stopping = cancellationToken.Register(() => abandoned.CancelAfter(options.Value.StopGrace));
        var handovers = await lane.DeliverAsync(
            sending.ConvertAll(o => new Contracts.Delivery(
                o.Claim.Id,
                o.Claim.UserId,
                o.Route!.Address,
                o.Subject,
                o.Body!,
                o.Claim.Attempt,
                now,
                unsubscribing.Of(o.Claim.UserId, o.Claim.Trigger)
            )
            {
                Trigger = o.Claim.Trigger,
                IsHtml = TemplateRenderer.IsHtml(o.TemplateChannel),
            }),
            cancellationToken,
            abandoned.Token
        );
        for (var i = 0; i < sending.Count; i++)
        {
            Judge(sending[i], handovers[i]);
        }

        // The Host stops: these were not handed to anyone.
        var untried = outcomes.FindAll(outcome => outcome.Kind == OutcomeKind.Untried);
        if (untried.Count > 0)
        {
            await claims.ReleaseAsync(untried.ConvertAll(outcome => outcome.Claim));
            outcomes.RemoveAll(outcome => outcome.Kind == OutcomeKind.Untried);
        }
    }

    private void Judge(Outcome outcome, Handover handover)
    {
        if (handover.Result is not { } result)
        {
            outcome.Kind = handover.PutOff is null ? OutcomeKind.Untried : OutcomeKind.Held;
            outcome.Reason = handover.PutOff;
            outcome.NextAt = handover.Until;
            return;
        }

        if (result.Delivered)
        {
            return;
        }

        var now = clock.GetUtcNow();
        outcome.Reason = result.Error;
        outcome.Uncertain = result.Uncertain;
        if (result.Permanent)
        {
            outcome.Kind = OutcomeKind.Failed;
        }
        else if (result.RetryAfter is { } wait)
        {
            outcome.Kind = OutcomeKind.TurnedAway;
            outcome.NextAt = now + wait;
        }
        else
        {
            Unsent(outcome, now);
        }
    }

    // An attempt that counts: the next one later, or none.
    private Outcome Unsent(Outcome outcome, DateTimeOffset now)
    {
        if (outcome.Claim.Try >= options.Value.MaxAttempts)
        {
            outcome.Kind = OutcomeKind.Failed;
        }
        else
        {
            outcome.Kind = OutcomeKind.Retry;
            outcome.NextAt = now + Backoff.After(outcome.Claim.Try, options.Value);
        }

        return outcome;
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
                Channel = o.Route!.Lane!.Name,
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
        if (outcomes.Count == 0)
        {
            return;
        }

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
        command.Parameters.Add(Columns.Of(outcomes.Select(o => o.MoodScore), NpgsqlDbType.Double));
        await using var row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync())
        {
            if (!row.IsDBNull(0))
            {
                meter.Sent(row.GetDouble(0));
            }
        }

        foreach (var group in outcomes.GroupBy(o => (Channel: o.Route?.Lane?.Name, o.Kind)))
        {
            meter.Finished(group.Key.Channel, group.Key.Kind.ToString(), group.Count());
        }
    }

    // Changes no indexed column (HOT).
    public const string WriteDownSql = """
        UPDATE followups.follow_ups f
        SET mood = coalesce(o.mood, f.mood), template_id = o.template_id, message_subject = o.subject, message_content = o.body,
            template_version = coalesce(o.template_version, f.template_version),
            template_locale = CASE WHEN o.template_version IS NULL THEN f.template_locale ELSE o.template_locale END,
            template_channel = CASE WHEN o.template_version IS NULL THEN f.template_channel ELSE o.template_channel END,
            attempts = jsonb_set(f.attempts, '{-1}',
                f.attempts -> -1 || jsonb_build_object('channel', o.channel, 'providerKey', o.provider_key)),
            decisions = CASE
                WHEN o.template_id = f.template_id THEN f.decisions
                ELSE f.decisions || jsonb_build_object('at', $1, 'decision', 'template_changed', 'reason', 'newest_mood', 'inputs',
                    jsonb_build_object('from', f.template_id, 'to', o.template_id,
                        'mood', (array['high', 'neutral', 'low'])[o.mood + 1], 'moodScore', o.score))
            END
        FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            AS o(id, fence, mood, score, template_id, subject, body, channel, provider_key, template_version, template_locale, template_channel)
        WHERE f.id = o.id AND f.fence = o.fence AND f.status = 0
        RETURNING f.id
        """;

    // The fence keeps a late finisher from overwriting what a later claim did. A hold is no attempt; being turned away is one that does not
    // count.
    public const string RecordSql = """
        UPDATE followups.follow_ups f
        SET status = CASE o.kind WHEN 0 THEN 1 WHEN 2 THEN 3 ELSE 0 END,
            leased_until = NULL,
            next_at = coalesce(o.next_at, f.next_at),
            executed_at = CASE WHEN o.kind = 0 THEN $1 END,
            held_reason = CASE WHEN o.kind = 3 THEN o.reason END,
            error_message = CASE WHEN o.kind IN (1, 2, 4) THEN o.reason END,
            attempts_before = f.attempts_before + (o.kind = 4)::int,
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
                        'templateId', f.template_id, 'templateVersion', f.template_version, 'templateLocale', f.template_locale,
                        'templateChannel', f.template_channel, 'mood', (array['high', 'neutral', 'low'])[f.mood + 1], 'moodScore', o.score))
                    WHEN o.kind = 2 THEN f.decisions || jsonb_build_object('at', $1, 'decision', 'failed', 'reason', o.reason)
                    WHEN o.kind = 3 AND o.reason IS DISTINCT FROM f.held_reason
                        THEN f.decisions || jsonb_build_object('at', $1, 'decision', 'held', 'reason', o.reason,
                            'inputs', jsonb_build_object('until', o.next_at))
                    ELSE f.decisions
                END
        FROM unnest($2, $3, $4, $5, $6, $7, $8) AS o(id, fence, kind, reason, uncertain, next_at, score)
        WHERE f.id = o.id AND f.fence = o.fence AND f.status = 0
        RETURNING CASE WHEN o.kind = 0 THEN extract(epoch FROM $1 - greatest(f.next_at, f.created_at))::float8 END
        """;

    private enum OutcomeKind
    {
        Sent,
        Retry,
        Failed,
        Held,
        TurnedAway,
        Untried,
    }

    private sealed class Outcome(Claim claim, OutcomeKind kind)
    {
        public Claim Claim { get; } = claim;
        public OutcomeKind Kind { get; set; } = kind;
        public string? Reason { get; set; }
        public bool Uncertain { get; set; }
        public DateTimeOffset? NextAt { get; set; }
        public Route? Route { get; init; }
        public FollowUpMood? Mood { get; init; }
        public double? MoodScore { get; init; }
        public string? TemplateId { get; init; }

        // Null when words go again: which text they were is kept already.
        public TemplateText? Template { get; init; }
        public string? TemplateChannel { get; init; }
        public string? Subject { get; init; }
        public string? Body { get; init; }
    }
}
