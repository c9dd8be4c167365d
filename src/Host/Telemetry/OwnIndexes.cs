using Host.Access;
using Host.Idempotency;
using Npgsql;

namespace Host.Telemetry;

// Those of the tables that the Host has for itself, and those of them that are gone.
internal sealed class OwnIndexes([FromKeyedServices(AccessSetup.Schema)] NpgsqlDataSource database)
{
    private static readonly (string Schema, string Table, string Name, string Definition)[] Wanted =
    [
        ("access", "answers", "answers_pkey", "ALTER TABLE access.answers ADD PRIMARY KEY (key);"),
        ("access", "answers", "ix_answers_expired", $"{StoredAnswers.IndexSql};"),
        ("access", "api_keys", "api_keys_pkey", "ALTER TABLE access.api_keys ADD PRIMARY KEY (id);"),
        ("scheduler", "firings", "firings_pkey", "ALTER TABLE scheduler.firings ADD PRIMARY KEY (work);"),
    ];

    public async Task<IReadOnlyList<Index>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Sql);
        command.Parameters.Add(
            new NpgsqlParameter<string[]> { TypedValue = [.. Wanted.Select(index => index.Schema).Distinct()] }
        );
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var present = new List<Index>();
        while (await row.ReadAsync(cancellationToken))
        {
            present.Add(
                new Index(
                    row.GetString(0),
                    row.GetString(1),
                    row.GetInt64(2),
                    0,
                    row.GetString(3),
                    row.GetString(4),
                    row.GetBoolean(5) ? IndexState.Valid : IndexState.Invalid,
                    row.GetBoolean(6),
                    row.GetInt64(7),
                    row.GetInt64(8)
                )
            );
        }

        return
        [
            .. present,
            .. Wanted
                .Where(index => !present.Any(there => (there.Module, there.Name) == (index.Schema, index.Name)))
                .Select(index => new Index(
                    index.Schema,
                    index.Table,
                    0,
                    0,
                    index.Name,
                    index.Definition,
                    IndexState.Missing,
                    false,
                    0,
                    0
                )),
        ];
    }

    private const string Sql = """
        SELECT n.nspname::text, t.relname::text, greatest(t.reltuples::bigint, s.n_live_tup, 0), i.relname::text,
               pg_get_indexdef(x.indexrelid), x.indisvalid AND x.indisready, x.indisunique, coalesce(u.idx_scan, 0),
               pg_relation_size(x.indexrelid)
        FROM pg_index x
        JOIN pg_class i ON i.oid = x.indexrelid
        JOIN pg_class t ON t.oid = x.indrelid
        JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = ANY ($1)
        LEFT JOIN pg_stat_user_tables s ON s.relid = t.oid
        LEFT JOIN pg_stat_user_indexes u ON u.indexrelid = x.indexrelid
        WHERE t.relkind = 'r'
        ORDER BY 1, 2, 4
        """;
}
