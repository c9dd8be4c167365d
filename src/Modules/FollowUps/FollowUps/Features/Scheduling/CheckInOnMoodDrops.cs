using Conversations.Contracts;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Scheduling;

// At once, where the notification arrives ...
internal sealed class CheckInWhenMoodDropped(CheckIns checkIns) : INotificationHandler<MoodDropped>
{
    public Task Handle(MoodDropped drop, CancellationToken cancellationToken)
    {
        if (drop.UserId is { } user)
        {
            checkIns.After(user, drop.ConversationId);
        }

        return Task.CompletedTask;
    }
}

// ... and now and then for those that were lost.
internal sealed class CheckInOnMoodDropsHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    ScheduleWrite write,
    ISender modules,
    IOptions<FollowUpsOptions> options,
    TimeProvider clock
) : IRequestHandler<CheckInOnMoodDrops, int>
{
    public async Task<int> Handle(CheckInOnMoodDrops request, CancellationToken cancellationToken)
    {
        var since = clock.GetUtcNow() - options.Value.MoodDropLookBack;
        var scheduled = 0;
        MoodDropKey? after = null;
        do
        {
            var page = await modules.Send(new ListMoodDrops(since, Limit: 1000, after), cancellationToken);
            var missed = await MissedAsync([.. page.Items.Where(drop => drop.UserId is not null)], cancellationToken);
            if (missed.Count > 0)
            {
                var results = await write.ExecuteAsync(missed, cancellationToken);
                scheduled += results.Count(result => result.Outcome == ScheduleOutcome.Scheduled);
            }

            after = page.Next;
        } while (after is not null);

        return scheduled;
    }

    private async Task<List<NewFollowUp>> MissedAsync(List<MoodDrop> drops, CancellationToken cancellationToken)
    {
        var missed = new List<NewFollowUp>();
        await using var command = database.CreateCommand(MissedSql);
        command.Parameters.Add(Columns.Of(drops.Select(d => d.UserId!), NpgsqlDbType.Text));
        command.Parameters.Add(Columns.Of(drops.Select(d => d.DroppedAt), NpgsqlDbType.TimestampTz));
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var drop = drops[row.GetInt32(0)];
            missed.Add(
                new NewFollowUp
                {
                    Trigger = FollowUpTrigger.EmotionBased,
                    UserId = drop.UserId!,
                    ConversationId = drop.ConversationId,
                }
            );
        }

        return missed;
    }

    // Whatever became of a check-in after the drop, a refusal included: it was not lost.
    private const string MissedSql = """
        SELECT d.ord::int - 1
        FROM unnest($1, $2) WITH ORDINALITY AS d(user_id, dropped_at, ord)
        WHERE NOT EXISTS (
            SELECT FROM followups.follow_ups f WHERE f.user_id = d.user_id AND f.trigger = 2 AND f.created_at >= d.dropped_at)
          AND NOT EXISTS (
            SELECT FROM followups.refusals r WHERE r.user_id = d.user_id AND r.trigger = 2 AND r.last_at >= d.dropped_at)
        ORDER BY d.ord
        """;
}
