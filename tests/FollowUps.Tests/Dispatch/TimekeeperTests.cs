using FollowUps.Contracts;
using FollowUps.Dispatch;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Testing;

namespace FollowUps.Tests.Dispatch;

public sealed class TimekeeperTests
{
    private const string Never = "1.00:00:00";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Host_that_only_answers_calls_wakes_the_one_that_sends()
    {
        await using var sending = await StartAsync(("FollowUps:DispatchSweepEvery", Never));
        await Eventually(() => sending.KeepsTime);
        await using var answering = await StartAsync(
            sending,
            ("FollowUps:DispatchSweepEvery", Never),
            ("FollowUps:DispatchEnabled", "false")
        );

        var now = await ScheduleAsync(answering, TimeSpan.Zero);
        var soon = await ScheduleAsync(answering, TimeSpan.FromSeconds(1));

        // Neither host sweeps within the test.
        Assert.Single((await Sent(sending, now)).Attempts);
        Assert.Single((await Sent(sending, soon)).Attempts);
        Assert.False(answering.KeepsTime);
    }

    [Fact]
    public async Task One_host_keeps_time_and_another_takes_over_what_is_still_to_come()
    {
        await using var first = await StartAsync(("FollowUps:DispatchSweepEvery", Never));
        await Eventually(() => first.KeepsTime);
        var later = await ScheduleAsync(first, TimeSpan.FromSeconds(3));
        await using var second = await StartAsync(first, ("FollowUps:DispatchSweepEvery", "00:00:00.1"));
        var both = (first.KeepsTime, second.KeepsTime);

        await first.DisposeAsync();

        await Eventually(() => second.KeepsTime);
        await Sent(second, later);
        Assert.Equal((true, false), both);
    }

    [Fact]
    public async Task Connection_that_was_cut_is_made_anew()
    {
        await using var host = await StartAsync(
            ("FollowUps:DispatchSweepEvery", Never),
            ("FollowUps:DispatchRetryAfter", "00:00:00.1")
        );
        await Eventually(() => host.KeepsTime);

        await host.ExecuteAsync(
            """
            SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database =
                (SELECT oid FROM pg_database WHERE datname = current_database())
            """
        );
        await Eventually(() => !host.KeepsTime);
        await Eventually(() => host.KeepsTime);

        await Sent(host, await ScheduleAsync(host, TimeSpan.FromSeconds(0.5)));
    }

    [Fact]
    public async Task Connection_that_died_without_a_word_is_noticed_and_made_anew()
    {
        await using var answering = await StartAsync(("FollowUps:DispatchEnabled", "false"));
        var server = new NpgsqlConnectionStringBuilder(answering.ConnectionString);
        await using var link = new FaultyLink(server.Port);
        (server.Host, server.Port, server.SslMode, server.CommandTimeout) = (
            "127.0.0.1",
            link.Port,
            SslMode.Disable,
            3
        );
        await using var keeping = await StartAsync(
            answering,
            ("ConnectionStrings:Postgres", server.ConnectionString),
            ("FollowUps:DispatchSweepEvery", Never),
            ("FollowUps:DispatchRetryAfter", "00:00:00.1"),
            // Each connection of the pool that was cut too may cost what is claimed a lease.
            ("FollowUps:Lease", "00:00:01")
        );
        await Eventually(() => keeping.KeepsTime);

        link.Hush();
        await Eventually(() => !keeping.KeepsTime);

        // By and by the server gives up its end too, and with it the lock.
        link.Cut();
        await Eventually(() => keeping.KeepsTime);
        await Sent(answering, await ScheduleAsync(answering, TimeSpan.FromSeconds(0.5)));
    }

    [Fact]
    public async Task Due_instants_wake_one_host_and_not_the_others()
    {
        const int Instants = 20;
        await using var keeping = await StartAsync(("FollowUps:DispatchSweepEvery", Never));
        await Eventually(() => keeping.KeepsTime);
        var ids = new List<Guid>();
        for (var i = 0; i < Instants; i++)
        {
            ids.Add(await ScheduleAsync(keeping, TimeSpan.FromSeconds(4 + 0.1 * i)));
        }

        await using var other = new Counted(keeping);
        await other.InitializeAsync();
        var before = other.Crossings;
        foreach (var id in ids)
        {
            await Sent(keeping, id);
        }

        // What belongs to its start may come late; a claim for each instant would be more.
        Assert.InRange(other.Crossings - before, 0, Instants / 2);
    }

    private static async Task<Guid> ScheduleAsync(HostFixture host, TimeSpan after) =>
        (await host.Modules.Send(new ScheduleFollowUps([Some.FollowUp(at: DateTimeOffset.UtcNow + after)]), Token))[0]
            .FollowUp!
            .Id;

    private static Task<FollowUp> Sent(HostFixture host, Guid id) =>
        Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(id), Token) is { Status: FollowUpStatus.Executed } sent
                ? sent
                : null
        );

    private static async Task Eventually(Func<bool> condition) =>
        await Until.NotNull(() => Task.FromResult(condition() ? condition : null));

    private static Task<Node> StartAsync(params (string Key, string Value)[] settings) => StartAsync(null, settings);

    private static async Task<Node> StartAsync(Node? beside, params (string Key, string Value)[] settings)
    {
        var node = new Node(beside, settings);
        await node.InitializeAsync();
        return node;
    }

    private sealed class Node(Node? beside, (string Key, string Value)[] settings) : HostFixture(beside, settings)
    {
        public bool KeepsTime => Services.GetRequiredService<DueSignal>().KeepsTime;
    }

    private sealed class Counted(Node beside) : HostFixture(beside)
    {
        private CrossingCounter? link;

        public int Crossings => link!.Of("followups");

        protected override void Customise(WebApplicationBuilder builder)
        {
            link = new CrossingCounter(ConnectionString);
            builder.Configuration.AddInMemoryCollection([
                new("ConnectionStrings:Postgres", link.ConnectionString),
                new("FollowUps:DispatchSweepEvery", Never),
                new("Scheduling:Enabled", "false"),
            ]);
        }

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            await link!.DisposeAsync();
        }
    }
}
