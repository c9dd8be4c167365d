using FollowUps.Contracts;
using FollowUps.Data;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Dispatch;

internal sealed class GetDispatchHealthHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    IOptions<FollowUpsOptions> options,
    TimeProvider clock
) : IRequestHandler<GetDispatchHealth, DispatchHealth>
{
    public async Task<DispatchHealth> Handle(GetDispatchHealth request, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        await using var command = database.CreateCommand(Sql);
        command.Parameters.Add(new() { Value = now.Date, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(
            new() { Value = now - options.Value.OverdueAfter, NpgsqlDbType = NpgsqlDbType.TimestampTz }
        );
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new DispatchHealth(
            row.GetInt64(0),
            row.GetInt64(1),
            row.GetInt64(2),
            row.IsDBNull(3) ? null : row.GetFieldValue<DateTimeOffset>(3)
        );
    }

    private const string Sql = """
        SELECT count(*),
               (SELECT count(*) FROM followups.follow_ups WHERE status = 1 AND executed_at >= $1),
               count(*) FILTER (WHERE next_at < $2),
               min(next_at)
        FROM followups.follow_ups
        WHERE status = 0
        """;
}
