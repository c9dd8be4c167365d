using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Wording;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FollowUps.Features.Scheduling;

internal sealed class GetFollowUpValidator : AbstractValidator<GetFollowUp>
{
    public GetFollowUpValidator() => RuleFor(request => request.Id).NotEmpty();
}

internal sealed class GetFollowUpHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    ChosenTemplates chosen
) : IRequestHandler<GetFollowUp, FollowUp?>
{
    public async Task<FollowUp?> Handle(GetFollowUp request, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(FollowUpTable.ById);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = request.Id });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? chosen.Newest(FollowUpTable.ReadWithDuplicates(row)) : null;
    }
}
