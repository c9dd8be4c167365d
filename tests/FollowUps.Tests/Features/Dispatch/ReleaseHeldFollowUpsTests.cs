using Conversations.Contracts;
using FollowUps.Contracts;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Testing;

namespace FollowUps.Tests.Features.Dispatch;

public sealed class ReleaseHeldFollowUpsTests(HostFixture host) : IClassFixture<HostFixture>
{
    [Fact]
    public async Task Held_while_escalated_and_sent_when_that_ends()
    {
        var token = TestContext.Current.CancellationToken;
        var (user, conversation) = (Some.Id(), Some.Id());
        await host.Modules.Send(new StoreMessages([Some.Message(conversation) with { UserId = user }]), token);
        await host.Modules.Send(new EscalateConversation(conversation), token);
        var scheduled = await host.Modules.Send(
            new ScheduleFollowUps([
                new NewFollowUp
                {
                    Trigger = FollowUpTrigger.PostEvent,
                    UserId = user,
                    ConversationId = conversation,
                    EventAt = DateTimeOffset.UtcNow.AddDays(-2),
                },
            ]),
            token
        );
        var held = await Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(scheduled[0].FollowUp!.Id), token) is { HeldReason: not null } now
                ? now
                : null
        );

        await host.Modules.Send(new ResolveEscalation(conversation), token);

        var sent = await Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(held.Id), token) is { Status: FollowUpStatus.Executed } now
                ? now
                : null
        );
        Assert.Equal(("escalated", FollowUpStatus.Pending), (held.HeldReason, held.Status));
        Assert.Empty(held.Attempts);
        Assert.Null(sent.HeldReason);
        Assert.Equal(["scheduled", "held", "sent"], sent.Decisions.Select(decision => decision.Decision));
    }

    // The other order is that of an opt-out: together they would end in a deadlock.
    [Fact]
    public async Task Release_that_waits_for_one_holds_none_behind_it()
    {
        var token = TestContext.Current.CancellationToken;
        var user = Some.Id();
        var scheduled = await host.Modules.Send(
            new ScheduleFollowUps([
                .. Enumerable.Range(0, 2).Select(day => Some.FollowUp(user, DateTimeOffset.UtcNow.AddDays(400 + day))),
            ]),
            token
        );
        // The greater id comes first in every index and in the table.
        var ids = scheduled.Select(result => result.FollowUp!.Id).OrderDescending().ToArray();
        foreach (var (day, id) in ids.Index())
        {
            await host.ExecuteAsync(
                """
                UPDATE followups.follow_ups
                SET held_reason = 'escalated', scheduled_at = now() + make_interval(days => $2), next_at = now() + make_interval(days => $2)
                WHERE id = $1
                """,
                id,
                400 + day
            );
        }

        const string Lock = "SELECT FROM followups.follow_ups WHERE id = $1 FOR NO KEY UPDATE";
        await using var database = NpgsqlDataSource.Create(host.ConnectionString);
        await using var connection = await database.OpenConnectionAsync(token);
        await using var others = await connection.BeginTransactionAsync(token);
        await RunAsync(connection, Lock, ids[1]);

        var releasing = host
            .Services.GetRequiredService<IPublisher>()
            .Publish(new EscalationResolved(Some.Id(), user, DateTimeOffset.UtcNow), token);
        await Until.NotNull(async () =>
        {
            await using var waiting = database.CreateCommand(
                """
                SELECT 'waits' FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%held_reason = ''escalated''%'
                LIMIT 1
                """
            );
            return (string?)await waiting.ExecuteScalarAsync(token);
        });
        await RunAsync(connection, $"{Lock} NOWAIT", ids[0]);
        await others.CommitAsync(token);
        await releasing;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, Guid id)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = id } } };
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
