using Conversations.Contracts;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Scheduling;

internal sealed class ReengageSilentCustomersHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    ScheduleWrite write,
    ISender modules,
    IOptions<FollowUpsOptions> options,
    TimeProvider clock
) : IRequestHandler<ReengageSilentCustomers, int>
{
    public async Task<int> Handle(ReengageSilentCustomers request, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var before = now - options.Value.ReengagementAfter;
        var scheduled = 0;
        SilentCustomerKey? after = null;
        do
        {
            var page = await modules.Send(
                new ListSilentCustomers(
                    before - options.Value.ReengagementLookBack,
                    before,
                    WithoutEscalated: true,
                    Limit: 1000,
                    after
                ),
                cancellationToken
            );
            var due = await WithoutReasonToWaitAsync(page.Items, now, cancellationToken);
            if (due.Count > 0)
            {
                var results = await write.ExecuteAsync(due, cancellationToken);
                scheduled += results.Count(result => result.Outcome == ScheduleOutcome.Scheduled);
            }

            after = page.Next;
        } while (after is not null);

        return scheduled;
    }

    private async Task<List<NewFollowUp>> WithoutReasonToWaitAsync(
        IReadOnlyList<SilentCustomer> customers,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var due = new List<NewFollowUp>();
        await using var command = database.CreateCommand(DueSql);
        command.Parameters.Add(Columns.Of(customers.Select(c => c.UserId), NpgsqlDbType.Text));
        command.Parameters.Add(Columns.Of(customers.Select(c => c.LastActivityAt), NpgsqlDbType.TimestampTz));
        command.Parameters.Add(new() { Value = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var customer = customers[row.GetInt32(0)];
            due.Add(
                new NewFollowUp
                {
                    Trigger = FollowUpTrigger.Reengagement,
                    UserId = customer.UserId,
                    ConversationId = customer.ConversationId,
                    LastActivityAt = customer.LastActivityAt,
                }
            );
        }

        return due;
    }

    // States 0 and 1: confirmed and rescheduled.
    private const string DueSql = """
        SELECT c.ord::int - 1
        FROM unnest($1, $2) WITH ORDINALITY AS c(user_id, last_activity_at, ord)
        WHERE NOT EXISTS (
            SELECT FROM followups.bookings b WHERE b.user_id = c.user_id AND b.event_at > $3 AND b.state IN (0, 1))
          AND NOT EXISTS (
            SELECT FROM followups.follow_ups f WHERE f.user_id = c.user_id AND f.trigger = 1 AND f.created_at >= c.last_activity_at)
        ORDER BY c.ord
        """;
}
