using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Scheduling;
using FollowUps.Wording;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FollowUps.Features.Recipients;

internal sealed class ExportFollowUpsValidator : AbstractValidator<ExportFollowUps>
{
    public ExportFollowUpsValidator()
    {
        RuleFor(request => request.UserId)
            .Custom(
                (id, context) =>
                    FollowUpRules.CheckText("userId", id ?? "", FollowUpRules.MaxIdLength, context.AddFailure)
            );
        RuleFor(request => request.Limit).InclusiveBetween(1, 200);
    }
}

internal sealed class ExportFollowUpsHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    ChosenTemplates chosen
) : IRequestHandler<ExportFollowUps, FollowUpsExport>
{
    public async Task<FollowUpsExport> Handle(ExportFollowUps request, CancellationToken cancellationToken)
    {
        var limit = request.Limit;
        var after = request.After;
        await using var batch = database.CreateBatch();
        Add(RecipientSql, request.UserId, after is null);
        Add(BookingsSql, request.UserId, after is not { FollowUp: not null }, after?.BookingId ?? "", limit + 1);
        Add(
            FollowUpsSql,
            request.UserId,
            after?.FollowUp?.ScheduledAt.UtcDateTime ?? DateTime.MinValue,
            after?.FollowUp?.Id ?? Guid.Empty,
            limit + 1
        );

        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        var recipient = await row.ReadAsync(cancellationToken) ? RecipientTable.Read(row, request.UserId) : null;
        await row.NextResultAsync(cancellationToken);
        var bookings = new List<ExportedBooking>();
        while (await row.ReadAsync(cancellationToken))
        {
            bookings.Add(ReadBooking(row));
        }

        if (bookings.Count > limit)
        {
            bookings.RemoveAt(limit);
            return new FollowUpsExport(recipient, bookings, [], new(bookings[^1].BookingId, null));
        }

        await row.NextResultAsync(cancellationToken);
        var followUps = new List<ExportedFollowUp>();
        while (await row.ReadAsync(cancellationToken))
        {
            if (bookings.Count + followUps.Count == limit)
            {
                return new FollowUpsExport(recipient, bookings, followUps, Place(bookings, followUps));
            }

            followUps.Add(ReadFollowUp(row));
        }

        return new FollowUpsExport(recipient, bookings, followUps, null);

        void Add(string sql, params object[] values)
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (var value in values)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            }

            batch.BatchCommands.Add(command);
        }
    }

    private static FollowUpsExportKey Place(List<ExportedBooking> bookings, List<ExportedFollowUp> followUps) =>
        followUps.Count == 0
            ? new(bookings[^1].BookingId, null)
            : new(null, new(followUps[^1].FollowUp.ScheduledAt, followUps[^1].FollowUp.Id));

    private static ExportedBooking ReadBooking(NpgsqlDataReader row) =>
        new(
            row.GetString(0),
            (BookingState)row.GetInt16(1),
            row.IsDBNull(2) ? null : row.GetFieldValue<DateTimeOffset>(2),
            row.GetFieldValue<DateTimeOffset>(3),
            row.GetFieldValue<DateTimeOffset>(4)
        );

    private ExportedFollowUp ReadFollowUp(NpgsqlDataReader row)
    {
        string? Text(int at) => row.IsDBNull(at) ? null : row.GetString(at);

        var followUp = chosen.Newest(FollowUpTable.Read(row, 8));
        return new ExportedFollowUp(
            followUp,
            Text(0),
            Text(1),
            Text(2),
            row.IsDBNull(6)
                ? null
                : new OutboxItem(
                    followUp.Id,
                    followUp.UserId,
                    "outbox",
                    Text(3),
                    Text(4),
                    row.GetString(5),
                    row.GetFieldValue<DateTimeOffset>(6),
                    row.GetInt32(7)
                )
        );
    }

    private const string RecipientSql =
        $"SELECT {RecipientTable.Columns} FROM followups.recipients r WHERE $2 AND r.user_id = $1";

    private const string BookingsSql = """
        SELECT b.booking_id, b.state, b.event_at, b.occurred_at, b.recorded_at
        FROM followups.bookings b
        WHERE $2 AND b.user_id = $1 AND b.booking_id > $3
        ORDER BY b.booking_id
        LIMIT $4
        """;

    private const string FollowUpsSql = $"""
        SELECT f.message, f.message_subject, f.message_content, o.address, o.subject, o.body, o.sent_at, o.attempt, {FollowUpTable.Columns}
        FROM followups.follow_ups f
        LEFT JOIN followups.outbox o ON o.follow_up_id = f.id
        WHERE f.user_id = $1 AND (f.scheduled_at, f.id) > ($2, $3)
        ORDER BY f.scheduled_at, f.id
        LIMIT $4
        """;
}
