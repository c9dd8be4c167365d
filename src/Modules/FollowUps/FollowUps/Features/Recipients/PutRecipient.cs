using System.Globalization;
using System.Text.Json;
using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Delivery;
using FollowUps.Dispatch;
using FollowUps.Recipients;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Recipients;

internal sealed class PutRecipientValidator : AbstractValidator<PutRecipient>
{
    public PutRecipientValidator(Addresses addresses) =>
        RuleFor(request => request)
            .Custom((request, context) => RecipientRules.Check(request, addresses.Problem, context.AddFailure));
}

internal sealed class PutRecipientHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    DueSignal due,
    Tombstones tombstones,
    IOptions<FollowUpsOptions> options,
    TimeProvider clock
) : IRequestHandler<PutRecipient, RecipientWrite?>
{
    public async Task<RecipientWrite?> Handle(PutRecipient request, CancellationToken cancellationToken)
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
                    new() { Value = key },
                    Optional(request.TimeZone is { } zone ? RecipientRules.ZoneId(zone) : null, NpgsqlDbType.Text),
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
                    Optional(request.FrequencyCap?.Max, NpgsqlDbType.Integer),
                    Optional(request.FrequencyCap?.Per, NpgsqlDbType.Interval),
                    new()
                    {
                        Value = request.IfMatch?.ToArray() ?? (object)DBNull.Value,
                        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
                    },
                },
            }
        );
        batch.BatchCommands.Add(OptOuts.Cancel(request.UserId, now, "recipient"));
        NpgsqlBatchCommand Add(string sql, params NpgsqlParameter[] more)
        {
            var command = new NpgsqlBatchCommand(sql) { Parameters = { new() { Value = request.UserId } } };
            command.Parameters.AddRange(more);
            batch.BatchCommands.Add(command);
            return command;
        }

        NpgsqlParameter Now() => new() { Value = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz };

        Add(MoveSql, Now());
        Add(DropSql, Now(), new NpgsqlParameter { Value = options.Value.PostEventWindow });
        var judgedAgain = Add(JudgeAgainSql, Now());
        Add(ForgetSql, new NpgsqlParameter { Value = key });
        Add(RecipientTable.ReadSql, new NpgsqlParameter { Value = key });

        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            due.Announce(row.GetFieldValue<DateTimeOffset>(0));
        }

        await row.NextResultAsync(cancellationToken);
        var recipient = await row.ReadAsync(cancellationToken) ? RecipientTable.Read(row, request.UserId) : null;
        await row.CloseAsync();
        if (judgedAgain.RecordsAffected > 0)
        {
            due.Announce(now);
        }

        return recipient is null
            ? null
            : new(
                batch.BatchCommands[0].RecordsAffected > 0
                    ? RecipientWriteOutcome.Done
                    : RecipientWriteOutcome.NotMatched,
                recipient
            );
    }

    private static NpgsqlParameter Optional(object? value, NpgsqlDbType type) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    // A row that is there is judged once it is locked: of two who saw the same, one is late.
    private const string PutSql = $"""
        INSERT INTO followups.recipients AS r (user_id, time_zone, locale, addresses, opt_out, quiet_from, quiet_to, cap_max, cap_per)
        SELECT $1, $3, $4, $5, $6, $7, $8, $9, $10
        FROM {RecipientTable.Known}
        WHERE $11 IS NULL OR r.user_id IS NOT NULL OR {RecipientTable.Tag} = ANY ($11)
        ON CONFLICT (user_id) DO UPDATE
        SET time_zone = $3, locale = $4, addresses = $5, opt_out = $6, quiet_from = $7, quiet_to = $8, cap_max = $9, cap_per = $10
        WHERE $11 IS NULL OR {RecipientTable.Tag} = ANY ($11)
        """;

    // What was put while an erasure was under way: only now does its tombstone show.
    private const string ForgetSql = """
        DELETE FROM followups.recipients r
        WHERE r.user_id = $1 AND EXISTS (SELECT FROM followups.erased e WHERE e.key = $2)
        """;

    // Those due by the customer's own clock, where that is in another zone now.
    private const string MoveSql = $"""
        UPDATE followups.follow_ups f
        SET scheduled_at = mine.due_at, next_at = mine.due_at, not_after = f.not_after + (mine.due_at - f.scheduled_at),
            time_zone = mine.zone, held_reason = NULL,
            decisions = f.decisions || jsonb_build_object('at', $2, 'decision', 'moved', 'reason', 'zone_changed',
                'inputs', jsonb_build_object('from', f.scheduled_at, 'to', mine.due_at, 'timeZone', mine.zone))
        FROM (
            SELECT f.id, coalesce(r.time_zone, 'UTC') AS zone,
                   followups.due_by_clock(f.anchor_at, f.days_after, f.local_time, coalesce(r.time_zone, 'UTC')) AS due_at
            FROM followups.follow_ups f
            JOIN followups.recipients r ON r.user_id = f.user_id
            WHERE f.user_id = $1 AND f.status = 0 AND NOT f.zone_given AND f.time_zone <> coalesce(r.time_zone, 'UTC') AND {FollowUpTable.Idle}
            ORDER BY f.id
            FOR NO KEY UPDATE OF f
        ) mine
        WHERE f.id = mine.id
        RETURNING f.next_at
        """;

    private static readonly string DropSql = Duplicates.DropMoved("i.user_id = $1");

    // Only when this call changed how the customer wants to be reached.
    private const string JudgeAgainSql = $"""
        UPDATE followups.follow_ups f
        SET next_at = $2
        FROM (
            SELECT f.id
            FROM followups.follow_ups f
            JOIN followups.recipients r ON r.user_id = f.user_id AND r.xmin = pg_current_xact_id()::xid
            WHERE f.user_id = $1 AND f.status = 0 AND f.held_reason IN ('quiet_hours', 'frequency_cap') AND f.next_at > $2 AND {FollowUpTable.Idle}
            ORDER BY f.id
            FOR NO KEY UPDATE OF f
        ) mine
        WHERE f.id = mine.id
        """;
}
