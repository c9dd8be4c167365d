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
    TimeProvider clock
) : IRequestHandler<PutRecipient, Recipient>
{
    public async Task<Recipient> Handle(PutRecipient request, CancellationToken cancellationToken)
    {
        var now = FollowUpRules.ToMicrosecond(clock.GetUtcNow());
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
                },
            }
        );
        foreach (var sql in (string[])[CancelSql, JudgeAgainSql])
        {
            batch.BatchCommands.Add(
                new NpgsqlBatchCommand(sql)
                {
                    Parameters =
                    {
                        new() { Value = request.UserId },
                        new() { Value = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                    },
                }
            );
        }

        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var recipient = RecipientTable.Read(row);
        await row.NextResultAsync(cancellationToken);
        await row.CloseAsync();
        if (batch.BatchCommands[2].RecordsAffected > 0)
        {
            due.Announce(now);
        }

        return recipient;
    }

    private static NpgsqlParameter Optional(object? value, NpgsqlDbType type) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private const string PutSql = $"""
        INSERT INTO followups.recipients AS r (user_id, time_zone, locale, addresses, opt_out, quiet_from, quiet_to)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (user_id) DO UPDATE
        SET time_zone = $2, locale = $3, addresses = $4, opt_out = $5, quiet_from = $6, quiet_to = $7
        RETURNING {RecipientTable.Columns}
        """;

    // Statements of their own, after the customer's row is locked: they see what a scheduler committed meanwhile, and the next one sees
    // the opt-out.
    private const string CancelSql = $"""
        UPDATE followups.follow_ups f
        SET status = 2, cancelled_at = $2, cancel_reason = 'opted_out', held_reason = NULL,
            decisions = f.decisions || jsonb_build_object('at', $2, 'decision', 'cancelled', 'reason', 'opted_out')
        FROM (
            SELECT f.id
            FROM followups.follow_ups f
            JOIN followups.recipients r ON r.user_id = f.user_id
            WHERE f.user_id = $1 AND f.status = 0 AND {FollowUpTable.Idle}
              AND r.opt_out && array['all', (array['post_event', 'reengagement', 'emotion_based', 'custom'])[f.trigger + 1]]
            ORDER BY f.id
            FOR NO KEY UPDATE OF f
        ) mine
        WHERE f.id = mine.id
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
