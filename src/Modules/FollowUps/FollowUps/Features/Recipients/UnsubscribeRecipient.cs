using System.Text.Json;
using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Recipients;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Recipients;

internal sealed class UnsubscribeRecipientValidator : AbstractValidator<UnsubscribeRecipient>
{
    public UnsubscribeRecipientValidator() => RuleFor(request => request.Token).NotEmpty();
}

internal sealed class UnsubscribeRecipientHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    UnsubscribeLinks links,
    TimeProvider clock
) : IRequestHandler<UnsubscribeRecipient, bool>
{
    public async Task<bool> Handle(UnsubscribeRecipient request, CancellationToken cancellationToken)
    {
        if (!links.TryRead(request.Token, out var user, out var trigger))
        {
            return false;
        }

        var from = request.OnlyTrigger ? JsonNamingPolicy.SnakeCaseLower.ConvertName(trigger.ToString()) : "all";
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(OptOutSql)
            {
                Parameters =
                {
                    new() { Value = user },
                    new() { Value = from, NpgsqlDbType = NpgsqlDbType.Text },
                },
            }
        );
        batch.BatchCommands.Add(
            OptOuts.Cancel(user, FollowUpRules.ToMicrosecond(clock.GetUtcNow()), "unsubscribe_link")
        );
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    // Who was ever written to has a row; who has none any more was erased, and is not brought back.
    private const string OptOutSql = """
        UPDATE followups.recipients r
        SET opt_out = CASE WHEN $2 = ANY (r.opt_out) THEN r.opt_out ELSE r.opt_out || $2 END
        WHERE r.user_id = $1
        """;
}
