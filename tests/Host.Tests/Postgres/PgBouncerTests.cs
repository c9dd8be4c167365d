using System.Net.Http.Json;
using System.Text.Json;
using Host.Scheduling;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Testing;

namespace Host.Tests.Postgres;

// Two Hosts on one database, reached through PgBouncer in transaction mode alone: nothing may rest on a session.
public sealed class PgBouncerTests : IAsyncLifetime
{
    private const int Customers = 24;

    private readonly List<Node> nodes = [];
    private PgBouncer? bouncer;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        bouncer = await PgBouncer.StartAsync(await PostgresServer.NewDatabaseAsync(), Token);
        foreach (var _ in Enumerable.Range(0, 2))
        {
            var node = new Node(bouncer, nodes.FirstOrDefault());
            nodes.Add(node);
            await node.InitializeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        await bouncer!.DisposeAsync();
    }

    [Fact]
    public async Task Main_job_is_done_by_several_hosts_that_share_few_connections()
    {
        await Task.WhenAll(Enumerable.Range(0, Customers).Select(ServeAsync));

        var (connections, locks) = await LookAsync();
        Assert.InRange(connections, 1, PgBouncer.ServerConnections);
        Assert.Equal(0, locks);
    }

    [Fact]
    public async Task Batches_are_stored_and_scheduled()
    {
        var (user, conversation) = (Some.Id(), Some.Id());

        var stored = await PostAsync(
            nodes[0],
            "messages/batch",
            new
            {
                messages = Enumerable
                    .Range(0, 2_000)
                    .Select(i => new
                    {
                        conversationId = $"{conversation}-{i % 7}",
                        userId = user,
                        role = "user",
                        content = $"Message {i}",
                    }),
            }
        );
        var scheduled = await PostAsync(
            nodes[1],
            "follow-ups/batch",
            new
            {
                followUps = Enumerable
                    .Range(0, 2_000)
                    .Select(i => new
                    {
                        trigger = "custom",
                        userId = $"{user}-{i}",
                        scheduledAt = "2031-11-05T18:00:00Z",
                        message = "The menu is ready.",
                    }),
            }
        );

        Assert.Equal(2_000, stored.GetProperty("stored").GetInt32());
        Assert.All(
            scheduled.GetProperty("items").EnumerateArray(),
            item => Assert.Equal("scheduled", item.GetProperty("outcome").GetString())
        );
    }

    [Fact]
    public async Task Recurring_work_runs_on_one_host_at_a_time_and_on_another_once_that_lets_go()
    {
        var dueAt = DateTimeOffset.UtcNow;
        var firings = nodes.Select(node => node.Services.GetRequiredService<Firings>()).ToArray();

        for (var i = 0; i < 10; i++)
        {
            var held = await firings[i % 2].ClaimAsync("probe", dueAt.AddMinutes(i), Token);
            Assert.NotNull(held);
            Assert.All(
                await Task.WhenAll(firings.Select(other => other.ClaimAsync("probe", dueAt.AddMinutes(i), Token))),
                Assert.Null
            );
            await held.DisposeAsync();

            var left = await firings[(i + 1) % 2].ClaimAsync("probe", dueAt.AddMinutes(i), Token);
            Assert.NotNull(left);
            await left.DoneAsync(Token);
            await left.DisposeAsync();
            Assert.Null(await firings[i % 2].ClaimAsync("probe", dueAt.AddMinutes(i), Token));
        }
    }

    // Written through one Host, read through the other, and sent by either: neither sweeps within the test, so each wakes for what it took on.
    private async Task ServeAsync(int customer)
    {
        var (near, far) = (nodes[customer % 2], nodes[(customer + 1) % 2]);
        var (user, conversation, booking) = (Some.Id(), Some.Id(), Some.Id());

        var stored = await PostAsync(
            near,
            $"conversations/{conversation}/messages",
            new
            {
                userId = user,
                role = "user",
                content = "We loved the tasting!",
                emotion = new { score = 0.9 },
            }
        );
        var confirmed = await PostAsync(
            near,
            $"bookings/{booking}/confirmed",
            new
            {
                userId = user,
                conversationId = conversation,
                eventAt = "2031-11-05T18:00:00Z",
            }
        );
        var soon = await ScheduleAsync(near, user, conversation, DateTimeOffset.UtcNow.AddSeconds(1));
        var never = await ScheduleAsync(near, user, conversation, DateTimeOffset.UtcNow.AddYears(1));
        await PostAsync(far, $"follow-ups/{never}/cancel", new { reason = "Planned." });
        await PostAsync(far, $"bookings/{booking}/cancelled", new { });

        var sent = await Until.NotNull(async () =>
            await GetAsync(far, $"follow-ups/{soon}") is var now && Status(now) == "executed" ? (object)now : null
        );
        var after = new[]
        {
            await GetAsync(far, $"follow-ups/{never}"),
            await GetAsync(far, $"follow-ups/{confirmed.GetProperty("followUp").GetProperty("id")}"),
        };
        var messages = await GetAsync(far, $"conversations/{conversation}/messages");
        var outbox = await GetAsync(far, $"outbox?userId={user}");

        Assert.Equal(0.9, stored.GetProperty("conversation").GetProperty("averageEmotionScore").GetDouble());
        Assert.Equal(1, ((JsonElement)sent).GetProperty("attempts").GetArrayLength());
        Assert.Equal(["cancelled", "cancelled"], after.Select(Status));
        Assert.Equal(3, messages.GetProperty("items").GetArrayLength());
        Assert.Equal(1, outbox.GetProperty("items").GetArrayLength());
    }

    private static async Task<string> ScheduleAsync(Node node, string user, string conversation, DateTimeOffset dueAt)
    {
        var answer = await PostAsync(
            node,
            "follow-ups",
            new
            {
                trigger = "custom",
                userId = user,
                conversationId = conversation,
                scheduledAt = dueAt,
                message = "The menu is ready.",
            }
        );
        return answer.GetProperty("followUp").GetProperty("id").GetString()!;
    }

    private static string? Status(JsonElement followUp) => followUp.GetProperty("status").GetString();

    private static async Task<JsonElement> PostAsync(Node node, string path, object body)
    {
        using var answer = await node.Http.PostAsJsonAsync($"/api/v1/{path}", body, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonElement.Parse(text);
    }

    private static Task<JsonElement> GetAsync(Node node, string path) =>
        node.Http.GetFromJsonAsync<JsonElement>($"/api/v1/{path}", Token);

    // As the server sees it: the most connections of any one account, and the locks that outlived their transaction.
    private async Task<(long Connections, long Locks)> LookAsync()
    {
        await using var connection = new NpgsqlConnection(nodes[0].ConnectionString);
        await connection.OpenAsync(Token);
        await using var look = new NpgsqlCommand(
            """
            WITH others AS (SELECT pid, usename, state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid())
            SELECT (SELECT max(n) FROM (SELECT count(*) AS n FROM others GROUP BY usename) accounts),
                   (SELECT count(*) FROM pg_locks JOIN others USING (pid) WHERE locktype = 'advisory' AND state = 'idle')
            """,
            connection
        );
        await using var row = await look.ExecuteReaderAsync(Token);
        await row.ReadAsync(Token);
        return (row.GetInt64(0), row.GetInt64(1));
    }

    private sealed class Node(PgBouncer bouncer, HostFixture? beside) : HostFixture(beside)
    {
        protected override void Customise(WebApplicationBuilder builder) =>
            builder.Configuration.AddInMemoryCollection([
                new("ConnectionStrings:Postgres", bouncer.Through(ConnectionString)),
                new("FollowUps:DispatchSweepEvery", "1.00:00:00"),
            ]);
    }
}
