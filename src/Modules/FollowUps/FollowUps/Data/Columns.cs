using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Data;

// Rows travel to unnest() as one array for each column.
internal static class Columns
{
    // Nothing but nulls need not travel: unnest() fills up with them what is shorter than the longest.
    public static NpgsqlParameter<T[]> Of<T>(IEnumerable<T> values, NpgsqlDbType type)
    {
        T[] all = [.. values];
        return new()
        {
            TypedValue = all is [null, ..] && Array.TrueForAll(all, value => value is null) ? null : all,
            NpgsqlDbType = NpgsqlDbType.Array | type,
        };
    }
}
