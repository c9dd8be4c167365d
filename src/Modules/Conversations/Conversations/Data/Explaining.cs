using System.Text.Json;
using System.Text.RegularExpressions;
using Conversations.Contracts;
using LinqToDB;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace Conversations.Data;

// A statement exactly as its use case sends it, with arguments that no row has.
internal sealed record HotQuery(string Name, string[] Indexes, bool IndexOnly, NpgsqlBatchCommand Command)
{
    public HotQuery(string name, string[] indexes, NpgsqlBatchCommand command)
        : this(name, indexes, false, command) { }

    public HotQuery(string name, string[] indexes, NpgsqlCommand command)
        : this(name, indexes, false, new NpgsqlBatchCommand(command.CommandText))
    {
        foreach (NpgsqlParameter parameter in command.Parameters)
        {
            Command.Parameters.Add(parameter.Clone());
        }
    }

    public static HotQuery Of<T>(string name, string[] indexes, IQueryable<T> query, bool indexOnly = false)
    {
        var sql = query.ToSqlQuery();
        var hot = new HotQuery(name, indexes, indexOnly, new NpgsqlBatchCommand(sql.Sql));
        foreach (var parameter in sql.Parameters)
        {
            hot.Command.Parameters.Add(new NpgsqlParameter(parameter.Name, parameter.Value));
        }

        return hot;
    }
}

internal static partial class Explaining
{
    // One crossing: every plan twice, and the use of the indexes. Where a key is gone that ON CONFLICT names, PostgreSQL has no plan: then each
    // statement is asked for once before, and those without one are left out. The list of the indexes tells why.
    public static async Task<ExplainedQueries> ExplainAsync(
        this NpgsqlDataSource database,
        ConversationsDbContext context,
        Func<IReadOnlyList<HotQuery>> queries,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await database.ExplainAllAsync(context, queries, cancellationToken);
        }
        catch (PostgresException refusal) when (LacksKey(refusal))
        {
            var planned = new HashSet<string>(StringComparer.Ordinal);
            foreach (var query in queries())
            {
                if (await database.IsPlannedAsync(query, cancellationToken))
                {
                    planned.Add(query.Name);
                }
            }

            return await database.ExplainAllAsync(
                context,
                () => [.. queries().Where(query => planned.Contains(query.Name))],
                cancellationToken
            );
        }
    }

    private static async Task<bool> IsPlannedAsync(
        this NpgsqlDataSource database,
        HotQuery query,
        CancellationToken cancellationToken
    )
    {
        await using var batch = database.CreateBatch();
        Ask(batch, [query]);
        try
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
            return true;
        }
        catch (PostgresException refusal) when (LacksKey(refusal))
        {
            return false;
        }
    }

    private static bool LacksKey(PostgresException refusal) =>
        refusal.SqlState == PostgresErrorCodes.InvalidColumnReference;

    private static async Task<ExplainedQueries> ExplainAllAsync(
        this NpgsqlDataSource database,
        ConversationsDbContext context,
        Func<IReadOnlyList<HotQuery>> queries,
        CancellationToken cancellationToken
    )
    {
        await using var batch = database.CreateBatch();
        var asked = Ask(batch, queries());
        // Until the end of this batch, which is one transaction.
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT set_config('enable_seqscan', 'off', true)"));
        Ask(batch, queries());
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(IndexesSql)
            {
                Parameters = { new NpgsqlParameter<string> { TypedValue = ConversationsDbContext.Schema } },
            }
        );

        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        var plans = await PlansAsync(row, asked.Count, cancellationToken);
        await row.NextResultAsync(cancellationToken);
        var without = await PlansAsync(row, asked.Count, cancellationToken);
        var indexes = new List<IndexUse>();
        while (await row.ReadAsync(cancellationToken))
        {
            indexes.Add(
                new IndexUse(
                    row.GetString(0),
                    row.GetInt64(1),
                    row.GetDouble(2),
                    row.GetString(3),
                    row.GetString(4),
                    row.GetBoolean(5) ? IndexState.Valid : IndexState.Invalid,
                    row.GetBoolean(6),
                    row.GetInt64(7),
                    row.GetInt64(8)
                )
            );
        }

        return new ExplainedQueries(
            [
                .. asked.Select(
                    (query, i) => new ExplainedQuery(query.Name, query.Indexes, query.IndexOnly, plans[i], without[i])
                ),
            ],
            [.. indexes, .. Missing(context, indexes)]
        );
    }

    private static IReadOnlyList<HotQuery> Ask(NpgsqlBatch batch, IReadOnlyList<HotQuery> queries)
    {
        foreach (var query in queries)
        {
            query.Command.CommandText = $"EXPLAIN (FORMAT JSON) {query.Command.CommandText}";
            batch.BatchCommands.Add(query.Command);
        }

        return queries;
    }

    private static async Task<JsonElement[]> PlansAsync(
        NpgsqlDataReader row,
        int count,
        CancellationToken cancellationToken
    )
    {
        var plans = new JsonElement[count];
        for (var i = 0; i < count; i++)
        {
            await row.ReadAsync(cancellationToken);
            plans[i] = JsonElement.Parse(row.GetString(0))[0].GetProperty("Plan");
            await row.NextResultAsync(cancellationToken);
        }

        return plans;
    }

    // The migrations know what there should be.
    private static IEnumerable<IndexUse> Missing(ConversationsDbContext context, List<IndexUse> present)
    {
        var wanted = new Dictionary<string, Match>(StringComparer.Ordinal);
        foreach (Match change in IndexChange().Matches(context.GetService<IMigrator>().GenerateScript()))
        {
            if (change.Groups["made"] is { Success: true, Value: var made })
            {
                wanted[made] = change;
                continue;
            }

            foreach (var dropped in change.Groups["dropped"].Value.Split(','))
            {
                wanted.Remove(dropped.Trim()[(ConversationsDbContext.Schema.Length + 1)..]);
            }
        }

        return wanted
            .Where(index => present.All(there => there.Name != index.Key))
            .Select(index =>
            {
                var table = index.Value.Groups["table"].Value;
                var key = index.Value.Groups["key"];
                var there = present.FirstOrDefault(other => other.Table == table);
                return new IndexUse(
                    table,
                    there?.TableRows ?? 0,
                    there?.TableVisible ?? 0,
                    index.Key,
                    key.Success
                        ? $"ALTER TABLE {ConversationsDbContext.Schema}.{table} ADD CONSTRAINT {index.Key} {key.Value};"
                        : index.Value.Value,
                    IndexState.Missing,
                    key.Success,
                    0,
                    0
                );
            });
    }

    [GeneratedRegex(
        @"CREATE (UNIQUE )?INDEX (?<made>\w+) ON conversations\.(?<table>\w+)[^;]+;|DROP INDEX (?<dropped>[^;]+);"
            + @"|CREATE TABLE conversations\.(?<table>\w+) [^;]+CONSTRAINT (?<made>\w+) (?<key>PRIMARY KEY \([^)]+\))"
    )]
    private static partial Regex IndexChange();

    private const string IndexesSql = """
        SELECT t.relname::text,
               greatest(t.reltuples::bigint, s.n_live_tup, 0),
               CASE WHEN t.relpages > 0 THEN least(t.relallvisible::float8 / t.relpages, 1) ELSE 0 END,
               i.relname::text, pg_get_indexdef(x.indexrelid), x.indisvalid AND x.indisready, x.indisunique, coalesce(u.idx_scan, 0),
               pg_relation_size(x.indexrelid)
        FROM pg_index x
        JOIN pg_class i ON i.oid = x.indexrelid
        JOIN pg_class t ON t.oid = x.indrelid
        JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = $1
        LEFT JOIN pg_stat_user_tables s ON s.relid = t.oid
        LEFT JOIN pg_stat_user_indexes u ON u.indexrelid = x.indexrelid
        WHERE t.relkind = 'r'
        ORDER BY 1, 4
        """;
}
