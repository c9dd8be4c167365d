using FollowUps.Bookings;
using FollowUps.Data;
using FollowUps.Recipients;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Dispatch;

// Before anything leaves: should the attempt end uncertain, its words, its channel and its key are known. Whoever lost the claim meanwhile,
// or whose customer was erased, sends nothing. All of a batch at once: after a crash those whose call had not begun are uncertain with the
// others. To write down each call, or each few, would be a crossing for each, between an instant and its hand-over; what a lane cannot take
// within its patience goes back soon enough.
internal sealed class WritingDown(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    TimeProvider clock
)
{
    public async Task<List<Outcome>> WriteDownAsync(List<Outcome> outcomes, CancellationToken cancellationToken)
    {
        var worded = outcomes.Where(o => o.Kind == OutcomeKind.Sent).ToList();
        if (worded.Count == 0)
        {
            return outcomes;
        }

        await using var command = Command(worded);
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

    public NpgsqlCommand Command(IReadOnlyList<Outcome> worded)
    {
        var command = database.CreateCommand(Sql);
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
        var now = clock.GetUtcNow();
        command.Parameters.Add(new() { Value = worded.Any(o => o.Claim.DueAt > now) });
        return command;
    }

    // Looks once more whether they may go where one is claimed ahead of its instant ($14). What may not stays claimed until its lease ends, and
    // the next claim says why. Changes no indexed column (HOT).
    public const string Sql = $$"""
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
          AND (NOT $14 OR
               (SELECT {{OptOuts.Unwanted}} FROM followups.recipients r WHERE r.user_id = f.user_id LIMIT 1) IS NOT TRUE
               AND (SELECT {{CalledOff.Cancelled}} OR {{CalledOff.NoShow}} OR f.trigger = 0 AND b.event_at <> f.event_at
                    FROM followups.bookings b WHERE b.booking_id = f.booking_id LIMIT 1) IS NOT TRUE
               AND f.trigger NOT IN (SELECT p.trigger FROM followups.pauses p))
        RETURNING f.id
        """;
}
