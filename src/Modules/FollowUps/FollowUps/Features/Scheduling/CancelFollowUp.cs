using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Scheduling;

internal sealed class CancelFollowUpValidator : AbstractValidator<CancelFollowUp>
{
    public CancelFollowUpValidator()
    {
        RuleFor(request => request.Id).NotEmpty();
        RuleFor(request => request.Reason)
            .Custom((reason, context) => FollowUpRules.CheckText("reason", reason, 255, context.AddFailure));
    }
}

internal sealed class CancelFollowUpHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    TimeProvider clock
) : IRequestHandler<CancelFollowUp, CancelFollowUpResult?>
{
    public async Task<CancelFollowUpResult?> Handle(CancelFollowUp request, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(Command(request, clock.GetUtcNow()));
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(FollowUpTable.ById) { Parameters = { new() { Value = request.Id } } }
        );

        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
        {
            return null;
        }

        var followUp = FollowUpTable.ReadWithDuplicates(row);
        return new CancelFollowUpResult(followUp.Status == FollowUpStatus.Cancelled, followUp);
    }

    public static NpgsqlBatchCommand Command(CancelFollowUp request, DateTimeOffset now) =>
        new(CancelSql)
        {
            Parameters =
            {
                new() { Value = request.Id },
                new() { Value = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = request.Reason ?? "cancelled" },
            },
        };

    // Not while it is being sent: a text that is on its way cannot be called back.
    private const string CancelSql = $"""
        UPDATE followups.follow_ups f
        SET status = 2, cancelled_at = $2, cancel_reason = $3, held_reason = NULL,
            decisions = f.decisions || jsonb_build_object('at', $2, 'decision', 'cancelled', 'reason', $3)
        WHERE f.id = $1 AND f.status = 0 AND {FollowUpTable.Idle}
        """;
}
