using Conversations.Contracts;
using Conversations.Data;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace Conversations.Features;

internal sealed class ListMoodDropsValidator : AbstractValidator<ListMoodDrops>
{
    public ListMoodDropsValidator() => RuleFor(request => request.Limit).InclusiveBetween(1, 1000);
}

internal sealed class ListMoodDropsHandler([FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database)
    : IRequestHandler<ListMoodDrops, MoodDropPage>
{
    public async Task<MoodDropPage> Handle(ListMoodDrops request, CancellationToken cancellationToken)
    {
        await using var command = Command(database, request);

        var items = new List<MoodDrop>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            items.Add(
                new MoodDrop(
                    row.GetString(0),
                    row.TextOrNull(1),
                    row.GetDouble(2),
                    row.GetFieldValue<DateTimeOffset>(3)
                )
            );
        }

        if (items.Count <= request.Limit)
        {
            return new MoodDropPage(items, null);
        }

        items.RemoveAt(request.Limit);
        return new MoodDropPage(items, new(items[^1].DroppedAt, items[^1].ConversationId));
    }

    public static NpgsqlCommand Command(NpgsqlDataSource database, ListMoodDrops request)
    {
        // No id is empty: the first page, too, starts after a key.
        var after = request.After ?? new MoodDropKey(request.Since, "");
        var command = database.CreateCommand(Sql);
        command.Parameters.AddWithValue(NpgsqlDbType.TimestampTz, after.DroppedAt.UtcDateTime);
        command.Parameters.AddWithValue(after.ConversationId);
        command.Parameters.AddWithValue(request.Limit + 1);
        return command;
    }

    // The plain comparison tells the planner that the instant is not null: from that of the pair it does not see that the index holds the row.
    private const string Sql = """
        SELECT c.id, c.user_id, c.average, c.dropped_at
        FROM conversations.conversations c
        WHERE c.dropped_at >= $1 AND (c.dropped_at, c.id) > ($1, $2)
        ORDER BY c.dropped_at, c.id
        LIMIT $3
        """;
}
