using Conversations.Contracts;
using FollowUps.Data;
using FollowUps.Dispatch;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Dispatch;

// Hastens what the regular look at held follow-ups would find.
internal sealed partial class ReleaseHeldFollowUpsHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    DueSignal due,
    TimeProvider clock,
    ILogger<ReleaseHeldFollowUpsHandler> logger
) : INotificationHandler<EscalationResolved>
{
    public async Task Handle(EscalationResolved resolved, CancellationToken cancellationToken)
    {
        if (resolved.UserId is not { } user)
        {
            return;
        }

        var now = clock.GetUtcNow();
        try
        {
            await using var command = database.CreateCommand(Sql);
            command.Parameters.Add(new() { Value = user });
            command.Parameters.Add(new() { Value = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            await command.ExecuteNonQueryAsync(cancellationToken);
            due.Announce(now);
        }
        catch (NpgsqlException problem)
        {
            LogNotReleased(logger, Faults.Describe(problem));
        }
    }

    // In the order that opt-outs and moves lock them too: in another, the two would end in a deadlock.
    private const string Sql = $"""
        UPDATE followups.follow_ups f SET next_at = $2
        FROM (
            SELECT f.id
            FROM followups.follow_ups f
            WHERE f.user_id = $1 AND f.status = 0 AND f.held_reason = 'escalated' AND f.next_at > $2 AND {FollowUpTable.Idle}
            ORDER BY f.id
            FOR NO KEY UPDATE OF f
        ) mine
        WHERE f.id = mine.id
        """;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Held follow-ups could not be released at once: {Fault}")]
    private static partial void LogNotReleased(ILogger logger, string fault);
}
