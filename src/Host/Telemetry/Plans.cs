using System.Text.Json;
using MediatR;

namespace Host.Telemetry;

// Reads the plans that the modules bring: what each statement uses, whether that is what it was built on, and what to do if not.
internal static class Plans
{
    // Below this PostgreSQL may read a table whole, and be right.
    private const long Large = 10_000;

    private const double WellVacuumed = 0.5;

    public static async Task<PlansReport> AskAsync(ISender modules, OwnIndexes own, CancellationToken cancellationToken)
    {
        var ownIndexes = own.ReadAsync(cancellationToken);
        var conversations = modules.Send(new Conversations.Contracts.ExplainQueries(), cancellationToken);
        var followUps = modules.Send(new FollowUps.Contracts.ExplainQueries(), cancellationToken);
        var (first, second) = (await conversations, await followUps);
        return Judge(
            [
                .. first.Queries.Select(q => new Statement(
                    "conversations",
                    q.Name,
                    q.Indexes,
                    q.IndexOnly,
                    q.Plan,
                    q.PlanWithoutTableScans
                )),
                .. second.Queries.Select(q => new Statement(
                    "followups",
                    q.Name,
                    q.Indexes,
                    q.IndexOnly,
                    q.Plan,
                    q.PlanWithoutTableScans
                )),
            ],
            [
                .. first.Indexes.Select(i => new Index(
                    "conversations",
                    i.Table,
                    i.TableRows,
                    i.TableVisible,
                    i.Name,
                    i.Definition,
                    Enum.Parse<IndexState>($"{i.State}"),
                    i.Unique,
                    i.Scans,
                    i.Bytes
                )),
                .. second.Indexes.Select(i => new Index(
                    "followups",
                    i.Table,
                    i.TableRows,
                    i.TableVisible,
                    i.Name,
                    i.Definition,
                    Enum.Parse<IndexState>($"{i.State}"),
                    i.Unique,
                    i.Scans,
                    i.Bytes
                )),
                .. await ownIndexes,
            ]
        );
    }

    public static PlansReport Judge(IReadOnlyList<Statement> statements, IReadOnlyList<Index> indexes)
    {
        var queries = statements
            .Select(statement => Judge(statement, [.. indexes.Where(index => index.Module == statement.Module)]))
            .ToList();
        var usage = indexes.Select(Judge).ToList();
        return new PlansReport(
            queries.All(query => query.Healthy) && usage.All(index => index.Status is not ("missing" or "invalid")),
            queries,
            usage
        );
    }

    private static QueryHealth Judge(Statement statement, IReadOnlyList<Index> indexes)
    {
        var plan = new Scans(statement.Plan);
        // A table too small for its index is no fault; then the plan of a larger one tells more.
        var today = plan.TablesReadWhole.Count == 0 || plan.TablesReadWhole.Any(IsLarge);
        var shown = today ? plan : new Scans(statement.PlanWithoutTableScans);
        var advice = Advice(statement, indexes, plan, shown);
        return new QueryHealth(
            statement.Module,
            statement.Name,
            [.. shown.Indexes],
            [.. shown.Ways],
            shown.Ways.Count > 0 && shown.Ways.All(way => way.StartsWith("Index Only Scan", StringComparison.Ordinal)),
            advice is null,
            advice,
            today
                ? null
                : $"Its tables are small and are read whole today: {string.Join(", ", plan.TablesReadWhole)}. This is the plan of larger ones."
        );

        bool IsLarge(string table) => indexes.Any(index => index.Table == table && index.TableRows >= Large);
    }

    private static string? Advice(Statement statement, IReadOnlyList<Index> indexes, Scans plan, Scans shown)
    {
        foreach (var name in statement.Indexes)
        {
            if (indexes.FirstOrDefault(index => index.Name == name) is not { } index)
            {
                return $"Index {name} is missing and this version's migrations do not make it.";
            }

            if (Repair(index) is { } repair)
            {
                return repair;
            }

            var table = $"{index.Module}.{index.Table}";
            if (index.TableRows < Large)
            {
                continue;
            }

            if (plan.TablesReadWhole.Contains(index.Table) || !shown.Indexes.Contains(name))
            {
                return $"PostgreSQL does not choose index {name} for {index.TableRows} rows: its statistics may be old. Run: ANALYZE {table};";
            }

            if (statement.IndexOnly && index.TableVisible < WellVacuumed)
            {
                return $"Index {name} alone cannot answer: VACUUM has seen too little of the table. Run: VACUUM (ANALYZE) {table}; and look why autovacuum is behind.";
            }
        }

        return null;
    }

    private static IndexHealth Judge(Index index)
    {
        var status = index switch
        {
            { State: IndexState.Missing } => "missing",
            { State: IndexState.Invalid } => "invalid",
            { Scans: > 0 } => "used",
            { Unique: true } or { TableRows: < Large } => "idle",
            _ => "unused",
        };
        return new IndexHealth(
            index.Module,
            index.Table,
            index.Name,
            status,
            index.Scans,
            index.Bytes,
            status == "unused"
                ? $"Nothing has used it since the server's statistics were reset. If a month of real traffic does not either: DROP INDEX CONCURRENTLY {index.Module}.{index.Name};"
                : Repair(index)
        );
    }

    private static string? Repair(Index index) =>
        index.State switch
        {
            IndexState.Missing =>
                $"Index {index.Name} is missing. Run: {index.Definition.Replace("INDEX ", "INDEX CONCURRENTLY ", StringComparison.Ordinal)}",
            IndexState.Invalid =>
                $"Index {index.Name} was not finished. Run: REINDEX INDEX CONCURRENTLY {index.Module}.{index.Name};",
            _ => null,
        };

    private sealed class Scans
    {
        public Scans(JsonElement plan) => Add(plan);

        public SortedSet<string> Indexes { get; } = new(StringComparer.Ordinal);

        public SortedSet<string> TablesReadWhole { get; } = new(StringComparer.Ordinal);

        // Each way into a table, as "Index Only Scan ix_messages_history".
        public SortedSet<string> Ways { get; } = new(StringComparer.Ordinal);

        private void Add(JsonElement node)
        {
            var kind = node.GetProperty("Node Type").GetString();
            if (node.TryGetProperty("Index Name", out var index))
            {
                Indexes.Add(index.GetString()!);
                Ways.Add($"{kind} {index}");
            }
            else if (kind == "Seq Scan")
            {
                TablesReadWhole.Add(node.GetProperty("Relation Name").GetString()!);
                Ways.Add($"{kind} {node.GetProperty("Relation Name")}");
            }

            if (node.TryGetProperty("Conflict Arbiter Indexes", out var arbiters))
            {
                Indexes.UnionWith(arbiters.EnumerateArray().Select(arbiter => arbiter.GetString()!));
            }

            if (node.TryGetProperty("Plans", out var children))
            {
                foreach (var child in children.EnumerateArray())
                {
                    Add(child);
                }
            }
        }
    }
}

internal sealed record Statement(
    string Module,
    string Name,
    IReadOnlyList<string> Indexes,
    bool IndexOnly,
    JsonElement Plan,
    JsonElement PlanWithoutTableScans
);

internal sealed record Index(
    string Module,
    string Table,
    long TableRows,
    double TableVisible,
    string Name,
    string Definition,
    IndexState State,
    bool Unique,
    long Scans,
    long Bytes
);

internal enum IndexState
{
    Valid,
    Invalid,
    Missing,
}

/// <summary>How PostgreSQL answers the hot queries now, and which indexes it uses for them.</summary>
/// <param name="Healthy">True while every query is healthy and no index is missing or invalid.</param>
/// <param name="Queries">Each hot query.</param>
/// <param name="Indexes">Each index that the queries or the rules need.</param>
internal sealed record PlansReport(
    bool Healthy,
    IReadOnlyList<QueryHealth> Queries,
    IReadOnlyList<IndexHealth> Indexes
);

/// <summary>The plan of one query.</summary>
/// <param name="Module">The part of the service that asks it, which is also the schema of its tables.</param>
/// <param name="Query">What it is for.</param>
/// <param name="IndexesUsed">The indexes that the plan uses, in the order of their names.</param>
/// <param name="Scans">Each way into a table, as PostgreSQL calls it, with its index or table.</param>
/// <param name="IndexOnly">True when indexes alone answer and no table is read.</param>
/// <param name="Healthy">True while the plan uses what the query was built on, or the tables are too small to tell.</param>
/// <param name="Advice">What to do where it is not healthy, as a command where one helps; else null.</param>
/// <param name="Note">Why the plan shown is not today's; null where it is.</param>
internal sealed record QueryHealth(
    string Module,
    string Query,
    IReadOnlyList<string> IndexesUsed,
    IReadOnlyList<string> Scans,
    bool IndexOnly,
    bool Healthy,
    string? Advice,
    string? Note
);

/// <summary>An index and its use.</summary>
/// <param name="Module">The part of the service that it belongs to, which is also its schema.</param>
/// <param name="Table">The table.</param>
/// <param name="Index">The index.</param>
/// <param name="Status">
/// <c>used</c>; <c>idle</c>: kept for uniqueness, or its table is too small to tell; <c>unused</c>; <c>missing</c>; <c>invalid</c>: its building
/// was not finished.
/// </param>
/// <param name="Scans">How often it was used since the server's statistics were reset.</param>
/// <param name="Bytes">Its size on disk, in bytes; 0 when it is missing.</param>
/// <param name="Advice">What to do, as a command where one helps; null where nothing is to be done.</param>
internal sealed record IndexHealth(
    string Module,
    string Table,
    string Index,
    string Status,
    long Scans,
    long Bytes,
    string? Advice
);
