using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Dispatch;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FollowUps.Features.Scheduling;

internal sealed class RetryFollowUpValidator : AbstractValidator<RetryFollowUp>
{
    public RetryFollowUpValidator() => RuleFor(request => request.Id).NotEmpty();
}

internal sealed class RetryFollowUpHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    IOptions<FollowUpsOptions> options,
    DueSignal due,
    TimeProvider clock
) : IRequestHandler<RetryFollowUp, RetryFollowUpResult?>
{
    public async Task<RetryFollowUpResult?> Handle(RetryFollowUp request, CancellationToken cancellationToken)
    {
        var now = FollowUpRules.ToMicrosecond(clock.GetUtcNow());
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(FollowUpTable.LockCustomer) { Parameters = { new() { Value = request.Id } } }
        );
        foreach (var sql in (string[])[RetrySql, ConflictSql])
        {
            batch.BatchCommands.Add(
                Retrying.Command(sql, now, options.Value, new NpgsqlParameter { Value = request.Id })
            );
        }

        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(FollowUpTable.ById) { Parameters = { new() { Value = request.Id } } }
        );

        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        await row.NextResultAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
        {
            return null;
        }

        Guid? other = row.IsDBNull(0) ? null : row.GetGuid(0);
        await row.NextResultAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var followUp = FollowUpTable.ReadWithDuplicates(row);
        if (batch.BatchCommands[1].RecordsAffected == 1)
        {
            due.Announce(now);
            return new RetryFollowUpResult(true, followUp);
        }

        return (followUp.Status, other) switch
        {
            (not FollowUpStatus.Failed, _) => new(false, followUp, FollowUpConflict.Status),
            (_, not null) => new(false, followUp, FollowUpConflict.Duplicate, other),
            _ => new(false, followUp, FollowUpConflict.PendingLimit),
        };
    }

    private const string RetrySql = $"""
        UPDATE followups.follow_ups i
        SET {Retrying.Set}
        WHERE i.id = $7 AND i.status = 3 AND {Duplicates.Of} IS NULL
          AND (SELECT count(*) FROM followups.follow_ups f WHERE f.user_id = i.user_id AND f.status = 0) < $6
        """;

    private const string ConflictSql = $"""
        SELECT {Duplicates.Of} FROM followups.follow_ups i WHERE i.id = $7 AND ($5, $6) IS NOT NULL
        """;
}
