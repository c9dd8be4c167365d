using System.Text.Json;
using Host.Telemetry;
using Index = Host.Telemetry.Index;

namespace Host.Tests.Telemetry;

public sealed class PlansJudgedTests
{
    private static readonly Index Good = new(
        "m",
        "t",
        50_000,
        1,
        "ix",
        "CREATE INDEX ix ON m.t (a);",
        IndexState.Valid,
        false,
        7,
        8192
    );

    [Fact]
    public void A_large_table_that_is_read_whole_is_a_fault()
    {
        var query = Judged(Good, ("Seq Scan", "t"));

        Assert.Equal((false, false), (query.Healthy, query.IndexOnly));
        Assert.Contains("ANALYZE m.t;", query.Advice, StringComparison.Ordinal);
        Assert.Null(query.Note);
    }

    [Fact]
    public void A_small_table_that_is_read_whole_is_none_and_shows_what_it_will_do_once_large()
    {
        var query = Judged(Good with { TableRows = 9_999 }, ("Seq Scan", "t"));

        Assert.True(query.Healthy);
        Assert.Equal(["ix"], query.IndexesUsed);
        Assert.True(query.IndexOnly);
        Assert.Contains("small", query.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_alone_needs_a_table_that_vacuum_has_seen()
    {
        Assert.True(Judged(Good, ("Index Only Scan", "ix")).Healthy);
        Assert.Contains(
            "VACUUM (ANALYZE) m.t;",
            Judged(Good with { TableVisible = 0.4 }, ("Index Only Scan", "ix")).Advice,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Another_index_than_the_one_it_was_built_on_is_a_fault() =>
        Assert.Contains(
            "does not choose index ix",
            Judged(Good, ("Index Scan", "pk")).Advice,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData(IndexState.Valid, false, 50_000, 3, "used", null)]
    [InlineData(IndexState.Valid, false, 50_000, 0, "unused", "DROP INDEX CONCURRENTLY m.ix;")]
    [InlineData(IndexState.Valid, true, 50_000, 0, "idle", null)]
    [InlineData(IndexState.Valid, false, 50, 0, "idle", null)]
    [InlineData(IndexState.Invalid, false, 50_000, 3, "invalid", "REINDEX INDEX CONCURRENTLY m.ix;")]
    [InlineData(IndexState.Missing, false, 50_000, 0, "missing", "CREATE INDEX CONCURRENTLY ix ON m.t (a);")]
    public void An_index_is_told_by_its_use(
        object state,
        bool unique,
        long rows,
        long scans,
        string status,
        string? cure
    )
    {
        var index = Good with { State = (IndexState)state, Unique = unique, TableRows = rows, Scans = scans };

        var report = Plans.Judge([], [index]);

        Assert.Equal(status, report.Indexes[0].Status);
        Assert.Equal(status is not ("invalid" or "missing"), report.Healthy);
        Assert.Equal(cure, report.Indexes[0].Advice?[^(cure?.Length ?? 0)..]);
    }

    private static QueryHealth Judged(Index index, (string Kind, string What) today) =>
        Plans
            .Judge(
                [new Statement("m", "q", ["ix"], true, Plan(today.Kind, today.What), Plan("Index Only Scan", "ix"))],
                [index]
            )
            .Queries[0];

    private static JsonElement Plan(string kind, string what) =>
        JsonSerializer.SerializeToElement(
            new Dictionary<string, object>
            {
                ["Node Type"] = "Limit",
                ["Plans"] = new[]
                {
                    new Dictionary<string, object>
                    {
                        ["Node Type"] = kind,
                        [kind == "Seq Scan" ? "Relation Name" : "Index Name"] = what,
                    },
                },
            }
        );
}
