using Conversations.Contracts;
using FollowUps.Data;
using FollowUps.Delivery;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Dispatch;

// What became of a batch: the texts that were sent, in their conversations, and the outcome of every claim.
internal sealed partial class Recording(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    ISender modules,
    FollowUpsMeter meter,
    TimeProvider clock,
    ILogger<Recording> logger
)
{
    // So many texts that their conversations refuse may keep the outcomes of a batch waiting.
    public const int Patience = 3;

    // Of what waits for its channel.
    public const string PutOff = "PutOff";

    public static List<NewMessage> TextsOf(List<Outcome> outcomes) =>
        outcomes
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

    // Takes out what needs nothing more: what is stored, and what never will be. What was sent is recorded all the same.
    public async Task StoreAsync(List<NewMessage> texts, int patience)
    {
        for (var refused = 0; texts.Count > 0 && refused < patience; refused++)
        {
            try
            {
                if (await modules.Send(new StoreMessages(texts)) is not { Refusal: { } refusal })
                {
                    texts.Clear();
                    return;
                }

                // Its conversation was erased or is another customer's: the rest must not suffer for it.
                texts.RemoveAt(refusal.Index);
            }
            catch (Exception problem) when (problem is not NpgsqlException { IsTransient: true })
            {
                if (texts.Count == 1)
                {
                    LogNotStored(logger, Faults.Describe(problem));
                    texts.Clear();
                    return;
                }

                // Too many at once, or one that cannot be: the halves tell.
                var half = texts.GetRange(texts.Count / 2, texts.Count - texts.Count / 2);
                texts.RemoveRange(texts.Count / 2, half.Count);
                try
                {
                    await StoreAsync(half, patience);
                    await StoreAsync(texts, patience);
                }
                finally
                {
                    texts.AddRange(half);
                }

                return;
            }
        }
    }

    public async Task RecordAsync(List<Outcome> outcomes)
    {
        if (outcomes.Count == 0)
        {
            return;
        }

        await using var command = Command(outcomes);
        await using var row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync())
        {
            if (!row.IsDBNull(0))
            {
                meter.Sent(row.GetDouble(0));
            }
        }

        foreach (var group in outcomes.GroupBy(o => (Channel: o.Route?.Channel, Outcome: Became(o))))
        {
            meter.Finished(group.Key.Channel, group.Key.Outcome, group.Count());
        }
    }

    // What waits for its channel is told from what an escalation or the quiet hours hold: of that nobody need be alarmed.
    private static string Became(Outcome outcome) =>
        outcome is { Kind: OutcomeKind.Held, Reason: Lane.Unavailable or Channels.Disabled }
            ? PutOff
            : $"{outcome.Kind}";

    public NpgsqlCommand Command(IReadOnlyList<Outcome> outcomes)
    {
        var command = database.CreateCommand(Sql);
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
        return command;
    }

    // The fence keeps a late finisher from overwriting what a later claim did. A hold is no attempt; being turned away is one that does not
    // count.
    public const string Sql = """
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

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "A text that was sent could not be stored in its conversation, and is left out there: {Fault}"
    )]
    private static partial void LogNotStored(ILogger logger, string fault);
}
