using Npgsql;

namespace Conversations.Data;

internal static class ReaderExtensions
{
    public static string? TextOrNull(this NpgsqlDataReader row, int at) => row.IsDBNull(at) ? null : row.GetString(at);
}
