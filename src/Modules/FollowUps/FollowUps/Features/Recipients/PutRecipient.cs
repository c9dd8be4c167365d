using System.Globalization;
using System.Text.Json;
using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Dispatch;
using FollowUps.Recipients;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Recipients;

internal sealed class PutRecipientValidator : AbstractValidator<PutRecipient>
{
    public PutRecipientValidator() =>
        RuleFor(request => request).Custom((request, context) => RecipientRules.Check(request, context.AddFailure));
}

internal sealed class PutRecipientHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    DueSignal due,
    Tombstones tombstones,
    TimeProvider clock
) : IRequestHandler<PutRecipient, Recipient?>
{
    public async Task<Recipient?> Handle(PutRecipient request, CancellationToken cancellationToken)
    {
        var now = FollowUpRules.ToMicrosecond(clock.GetUtcNow());
        var key = tombstones.Of(request.UserId);
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(PutSql)
            {
                Parameters =
                {
                    new() { Value = request.UserId },
                    Optional(request.TimeZone, NpgsqlDbType.Text),
                    Optional(
                        request.Locale is { } tag ? CultureInfo.GetCultureInfo(tag).Name : null,
                        NpgsqlDbType.Text
                    ),
                    Optional(
                        request.Addresses is { Count: > 0 } addresses ? JsonSerializer.Serialize(addresses) : null,
                        NpgsqlDbType.Jsonb
                    ),
                    Columns.Of((request.OptOut ?? []).Distinct(), NpgsqlDbType.Text),
                    Optional(RecipientRules.Time(request.QuietHours?.From), NpgsqlDbType.Time),
                    Optional(RecipientRules.Time(request.QuietHours?.To), NpgsqlDbType.Time),
                    new() { Value = key },
                },
            }
        );
        batch.BatchCommands.Add(OptOuts.Cancel(request.UserId, now, "recipient"));
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(JudgeAgainSql)
            {
                Parameters =
                {
                    new() { Value = request.UserId },
                    new() { Value = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                },
            }
        );

        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(ForgetSql)
            {
                Parameters =
                {
                    new() { Value = request.UserId },
                    new() { Value = key },
                },
            }
        );

        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        var recipient = await row.ReadAsync(cancellationToken) ? RecipientTable.Read(row) : null;
        await row.CloseAsync();
        if (batch.BatchCommands[2].RecordsAffected > 0)
        {
            due.Announce(now);
        }

        return batch.BatchCommands[3].RecordsAffected > 0 ? null : recipient;
    }

    private static NpgsqlParameter Optional(object? value, NpgsqlDbType type) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private const string PutSql = $"""
        INSERT INTO followups.recipients AS r (user_id, time_zone, locale, addresses, opt_out, quiet_from, quiet_to)
        SELECT $1, $2, $3, $4, $5, $6, $7
        WHERE NOT EXISTS (SELECT FROM followups.erased e WHERE e.key = $8)
        ON CONFLICT (user_id) DO UPDATE
        SET time_zone = $2, locale = $3, addresses = $4, opt_out = $5, quiet_from = $6, quiet_to = $7
        RETURNING {RecipientTable.Columns}
        """;

    // What was put while an erasure was under way: only now does its tombstone show.
    private const string ForgetSql = """
        DELETE FROM followups.recipients r
        WHERE r.user_id = $1 AND EXISTS (SELECT FROM followups.erased e WHERE e.key = $2)
        """;

    private const string JudgeAgainSql = $"""
        UPDATE followups.follow_ups f
        SET next_at = $2
        FROM (
            SELECT f.id
            FROM followups.follow_ups f
            WHERE f.user_id = $1 AND f.status = 0 AND f.held_reason = 'quiet_hours' AND f.next_at > $2 AND {FollowUpTable.Idle}
            ORDER BY f.id
            FOR NO KEY UPDATE OF f
        ) mine
        WHERE f.id = mine.id
        """;
}
