using System.Text.Json;
using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// Asks PostgreSQL how it would run, now, each statement of this module that speed depends on, and how its indexes are used. Nothing is executed.
/// </summary>
public sealed record ExplainQueries : IRequest<ExplainedQueries>;

/// <summary>The plans of a module.</summary>
/// <param name="Queries">One for each statement.</param>
/// <param name="Indexes">Those of the module's tables, and those that its migrations made and the database lacks.</param>
public sealed record ExplainedQueries(IReadOnlyList<ExplainedQuery> Queries, IReadOnlyList<IndexUse> Indexes);

/// <summary>A statement as the module sends it, and what PostgreSQL would do for it.</summary>
/// <param name="Name">What it is for.</param>
/// <param name="Indexes">Those that it was built on.</param>
/// <param name="IndexOnly">True when it was built to read nothing but its index.</param>
/// <param name="Plan">The plan, in PostgreSQL's JSON.</param>
/// <param name="PlanWithoutTableScans">The plan if reading a table whole were out of the question: what a larger table would get.</param>
public sealed record ExplainedQuery(
    string Name,
    IReadOnlyList<string> Indexes,
    bool IndexOnly,
    JsonElement Plan,
    JsonElement PlanWithoutTableScans
);

/// <summary>An index and its table.</summary>
/// <param name="Table">Whose it is.</param>
/// <param name="TableRows">How many rows the table has, as PostgreSQL estimates.</param>
/// <param name="TableVisible">The share of the table, 0 to 1, that can be answered from an index alone since VACUUM has seen it.</param>
/// <param name="Name">The index.</param>
/// <param name="Definition">The statement that makes it.</param>
/// <param name="State">Whether it can be used.</param>
/// <param name="Unique">True when it guards uniqueness, whether or not a query uses it.</param>
/// <param name="Scans">How often it was used since the server's statistics were last reset.</param>
/// <param name="Bytes">Its size.</param>
public sealed record IndexUse(
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

/// <summary>Whether an index can be used.</summary>
public enum IndexState
{
    /// <summary>It is there.</summary>
    Valid,

    /// <summary>It is there, but was not finished or is broken: PostgreSQL does not use it.</summary>
    Invalid,

    /// <summary>A migration made it and the database lacks it.</summary>
    Missing,
}
