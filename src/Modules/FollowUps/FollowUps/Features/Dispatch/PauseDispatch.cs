using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Dispatch;

internal sealed class PauseDispatchValidator : AbstractValidator<PauseDispatch>
{
    public PauseDispatchValidator() => RuleFor(request => request.Trigger).IsInEnum();
}

internal sealed class PauseDispatchHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    TimeProvider clock
) : IRequestHandler<PauseDispatch, IReadOnlyList<FollowUpTrigger>>
{
    public async Task<IReadOnlyList<FollowUpTrigger>> Handle(PauseDispatch request, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(PauseSql)
            {
                Parameters =
                {
                    Columns.Of(Affected(request.Trigger), NpgsqlDbType.Smallint),
                    new() { Value = clock.GetUtcNow().UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                },
            }
        );
        batch.BatchCommands.Add(new NpgsqlBatchCommand(PauseTable.Paused));
        return await PauseTable.ReadAsync(batch, cancellationToken);
    }

    private static IEnumerable<short> Affected(FollowUpTrigger? trigger) =>
        trigger is { } one ? [(short)one] : Enum.GetValues<FollowUpTrigger>().Select(t => (short)t);

    private const string PauseSql = """
        INSERT INTO followups.pauses (trigger, paused_at) SELECT trigger, $2 FROM unnest($1) trigger ON CONFLICT DO NOTHING
        """;
}
