using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Dispatch;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Dispatch;

internal sealed class ResumeDispatchValidator : AbstractValidator<ResumeDispatch>
{
    public ResumeDispatchValidator() => RuleFor(request => request.Trigger).IsInEnum();
}

internal sealed class ResumeDispatchHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    DueSignal due,
    TimeProvider clock
) : IRequestHandler<ResumeDispatch, IReadOnlyList<FollowUpTrigger>>
{
    public async Task<IReadOnlyList<FollowUpTrigger>> Handle(
        ResumeDispatch request,
        CancellationToken cancellationToken
    )
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand("DELETE FROM followups.pauses WHERE $1 IS NULL OR trigger = $1")
            {
                Parameters =
                {
                    new()
                    {
                        Value = (object?)(short?)request.Trigger ?? DBNull.Value,
                        NpgsqlDbType = NpgsqlDbType.Smallint,
                    },
                },
            }
        );
        batch.BatchCommands.Add(new NpgsqlBatchCommand(PauseTable.Paused));
        var paused = await PauseTable.ReadAsync(batch, cancellationToken);
        due.Announce(clock.GetUtcNow());
        return paused;
    }
}
