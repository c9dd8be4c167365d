using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Recipients;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FollowUps.Features.Recipients;

internal sealed class GetRecipientValidator : AbstractValidator<GetRecipient>
{
    public GetRecipientValidator() =>
        RuleFor(request => request.UserId)
            .Custom(
                (id, context) =>
                    FollowUpRules.CheckText("userId", id ?? "", FollowUpRules.MaxIdLength, context.AddFailure)
            );
}

internal sealed class GetRecipientHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    Tombstones tombstones
) : IRequestHandler<GetRecipient, Recipient?>
{
    public async Task<Recipient?> Handle(GetRecipient request, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(ReadSql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = request.UserId });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = tombstones.Of(request.UserId) });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
        {
            return null;
        }

        return row.IsDBNull(0) ? new Recipient { UserId = request.UserId } : RecipientTable.Read(row);
    }

    private const string ReadSql = $"""
        SELECT {RecipientTable.Columns}
        FROM (SELECT WHERE NOT EXISTS (SELECT FROM followups.erased e WHERE e.key = $2)) known
        LEFT JOIN followups.recipients r ON r.user_id = $1
        """;
}
