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
        await using var command = database.CreateCommand(RecipientTable.ReadSql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = request.UserId });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = tombstones.Of(request.UserId) });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? RecipientTable.Read(row, request.UserId) : null;
    }
}
