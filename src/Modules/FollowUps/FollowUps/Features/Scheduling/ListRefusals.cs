using System.Text.Json;
using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Scheduling;

internal sealed class ListRefusalsValidator : AbstractValidator<ListRefusals>
{
    public ListRefusalsValidator()
    {
        RuleFor(request => request.UserId)
            .Custom(
                (id, context) =>
                    FollowUpRules.CheckText("userId", id ?? "", FollowUpRules.MaxIdLength, context.AddFailure)
            );
        RuleFor(request => request.Limit).InclusiveBetween(1, 200);
    }
}

internal sealed class ListRefusalsHandler([FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database)
    : IRequestHandler<ListRefusals, RefusalPage>
{
    public async Task<RefusalPage> Handle(ListRefusals request, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Sql);
        command.Parameters.Add(new() { Value = request.UserId });
        command.Parameters.Add(new() { Value = request.Limit + 1 });
        command.Parameters.Add(Optional(request.After?.LastAt.UtcDateTime, NpgsqlDbType.TimestampTz));
        command.Parameters.Add(Optional((short?)request.After?.Trigger, NpgsqlDbType.Smallint));
        command.Parameters.Add(Optional(request.After?.Reason, NpgsqlDbType.Text));
        command.Parameters.Add(Optional(request.After?.FollowUpId, NpgsqlDbType.Uuid));

        var items = new List<Refusal>();
        RefusalKey? last = null;
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            if (items.Count == request.Limit)
            {
                return new RefusalPage(items, last);
            }

            last = new RefusalKey(
                row.GetFieldValue<DateTimeOffset>(4),
                (FollowUpTrigger)row.GetInt16(0),
                row.GetString(1),
                row.GetGuid(2)
            );
            items.Add(Read(row));
        }

        return new RefusalPage(items, null);
    }

    private static NpgsqlParameter Optional(object? value, NpgsqlDbType type) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static Refusal Read(NpgsqlDataReader row)
    {
        var (reason, followUp) = (row.GetString(1), row.GetGuid(2));
        var isDuplicate = reason == RefusalTable.Duplicate;
        return new Refusal(
            isDuplicate ? ScheduleOutcome.Duplicate : ScheduleOutcome.Suppressed,
            isDuplicate ? null : reason,
            (FollowUpTrigger)row.GetInt16(0),
            followUp == RefusalRow.None ? null : followUp,
            row.GetInt32(5),
            row.GetFieldValue<DateTimeOffset>(3),
            row.GetFieldValue<DateTimeOffset>(4),
            JsonElement.Parse(row.GetString(6))
        );
    }

    private const string Sql = """
        SELECT r.trigger, r.reason, r.follow_up_id, r.first_at, r.last_at, r.times, r.inputs
        FROM followups.refusals r
        WHERE r.user_id = $1 AND ($3 IS NULL OR (r.last_at, r.trigger, r.reason, r.follow_up_id) < ($3, $4, $5, $6))
        ORDER BY r.last_at DESC, r.trigger DESC, r.reason DESC, r.follow_up_id DESC
        LIMIT $2
        """;
}
