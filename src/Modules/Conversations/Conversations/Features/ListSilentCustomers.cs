using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace Conversations.Features;

internal sealed class ListSilentCustomersValidator : AbstractValidator<ListSilentCustomers>
{
    public ListSilentCustomersValidator()
    {
        RuleFor(request => request.Limit).InclusiveBetween(1, 1000);
        RuleFor(request => request.Before)
            .GreaterThan(request => request.NotBefore)
            .WithMessage("It must be later than notBefore.");
    }
}

internal sealed class ListSilentCustomersHandler(
    [FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database
) : IRequestHandler<ListSilentCustomers, SilentCustomerPage>
{
    public async Task<SilentCustomerPage> Handle(ListSilentCustomers request, CancellationToken cancellationToken)
    {
        await using var command = Command(database, request);

        var items = new List<SilentCustomer>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            items.Add(
                new SilentCustomer(
                    row.GetString(0),
                    row.GetFieldValue<DateTimeOffset>(1),
                    row.GetString(2),
                    row.GetInt32(3),
                    row.GetBoolean(4)
                )
            );
        }

        if (items.Count <= request.Limit)
        {
            return new SilentCustomerPage(items, null);
        }

        items.RemoveAt(request.Limit);
        return new SilentCustomerPage(items, new(Instants.Day(items[^1].LastActivityAt), items[^1].ConversationId));
    }

    public static NpgsqlCommand Command(NpgsqlDataSource database, ListSilentCustomers request)
    {
        var after = request.After ?? new SilentCustomerKey(Instants.Day(request.NotBefore), "");
        var command = database.CreateCommand(Sql);
        command.Parameters.AddWithValue(NpgsqlDbType.TimestampTz, request.NotBefore.UtcDateTime);
        command.Parameters.AddWithValue(NpgsqlDbType.TimestampTz, request.Before.UtcDateTime);
        command.Parameters.AddWithValue(request.WithoutEscalated);
        command.Parameters.AddWithValue(NpgsqlDbType.TimestampTz, after.Day.UtcDateTime);
        command.Parameters.AddWithValue(after.ConversationId);
        command.Parameters.AddWithValue(request.Limit + 1);
        return command;
    }

    // Walks the conversations that fell silent in the span, and keeps of each customer the one they used last.
    private const string Sql = """
        SELECT c.user_id, c.last_activity_at, c.id, o.conversations, o.escalated
        FROM conversations.conversations c
        CROSS JOIN LATERAL (
            SELECT count(*)::int AS conversations,
                   bool_or(o.escalated_at IS NOT NULL) AS escalated,
                   bool_or((o.last_activity_at, o.id) > (c.last_activity_at, c.id)) AS later
            FROM conversations.conversations o
            WHERE o.user_id = c.user_id
        ) o
        WHERE c.user_id IS NOT NULL
          AND (c.last_activity_day, c.id) > ($4, $5)
          AND c.last_activity_day < $2
          AND c.last_activity_at >= $1 AND c.last_activity_at < $2
          AND o.later IS NOT TRUE
          AND NOT ($3 AND o.escalated)
        ORDER BY c.last_activity_day, c.id
        LIMIT $6
        """;
}
