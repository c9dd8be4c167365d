using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Data;

// Rows travel to unnest() as one array for each column.
internal static class Columns
{
    public static NpgsqlParameter<T[]> Of<T>(IEnumerable<T> values, NpgsqlDbType type) =>
        new() { TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | type };
}
