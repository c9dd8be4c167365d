using System.Text.Json;
using FollowUps.Contracts;
using FollowUps.Data;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Scheduling;

internal sealed class GetFollowUpStatisticsHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    TimeProvider clock
) : IRequestHandler<GetFollowUpStatistics, FollowUpStatistics>
{
    public async Task<FollowUpStatistics> Handle(GetFollowUpStatistics request, CancellationToken cancellationToken)
    {
        var byStatus = Zeros<FollowUpStatus>();
        var byTrigger = Zeros<FollowUpTrigger>();
        var byTemplate = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var (total, overdue, held) = (0L, 0L, 0L);

        var now = clock.GetUtcNow().UtcDateTime;
        await using var batch = database.CreateBatch();
        foreach (var sql in (string[])[CountSql, SentSql])
        {
            batch.BatchCommands.Add(
                new NpgsqlBatchCommand(sql)
                {
                    Parameters =
                    {
                        new() { Value = now, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                    },
                }
            );
        }

        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var count = row.GetInt64(3);
            byStatus[Name((FollowUpStatus)row.GetInt16(0))] += count;
            byTrigger[Name((FollowUpTrigger)row.GetInt16(1))] += count;
            byTemplate[row.GetString(2)] = byTemplate.GetValueOrDefault(row.GetString(2)) + count;
            total += count;
            overdue += row.GetInt64(4);
            held += row.GetInt64(5);
        }

        await row.NextResultAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new FollowUpStatistics(
            total,
            byStatus,
            byTrigger,
            byTemplate,
            row.GetInt64(0),
            new FollowUpLateness(row.IsDBNull(1) ? null : row.GetDouble(1), row.IsDBNull(2) ? null : row.GetDouble(2)),
            overdue,
            held
        );
    }

    private static SortedDictionary<string, long> Zeros<T>()
        where T : struct, Enum => new(Enum.GetValues<T>().ToDictionary(Name, _ => 0L), StringComparer.Ordinal);

    private static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    // The one pass over all that the totals need counts what is due too.
    private const string CountSql = """
        SELECT f.status, f.trigger, f.template_id, count(*),
               count(*) FILTER (WHERE f.status = 0 AND f.next_at <= $1 AND f.held_reason IS NULL),
               count(*) FILTER (WHERE f.status = 0 AND f.held_reason IS NOT NULL)
        FROM followups.follow_ups f
        GROUP BY f.status, f.trigger, f.template_id
        """;

    // From when it might leave, as /metrics does it: due, or the end of its last hold or back-off. One asked for late could not leave earlier
    // than that.
    private const string SentSql = """
        SELECT
            (SELECT count(*) FROM followups.follow_ups f WHERE f.status = 1 AND f.executed_at >= date_trunc('day', $1)),
            late.of[1], late.of[2]
        FROM (
            SELECT percentile_cont(array[0.5, 0.95]) WITHIN GROUP (
                       ORDER BY extract(epoch FROM f.executed_at - greatest(f.next_at, f.created_at))::float8 * 1000) AS of
            FROM followups.follow_ups f
            WHERE f.status = 1 AND f.executed_at > $1 - interval '1 day'
        ) late
        """;
}
