using Conversations.Contracts;
using Npgsql;

namespace Conversations.Data;

internal static class ReaderExtensions
{
    public static string? TextOrNull(this NpgsqlDataReader row, int at) => row.IsDBNull(at) ? null : row.GetString(at);

    // A statement that answers with one conversation, or none, and whether it changed it.
    public static async Task<(Conversation Conversation, bool Changed)?> ReadChangedAsync(
        this NpgsqlCommand command,
        CancellationToken cancellationToken
    )
    {
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken)
            ? (ConversationTable.Read(row), row.GetBoolean(ConversationTable.ColumnCount))
            : null;
    }
}
