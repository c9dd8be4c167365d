using System.Diagnostics;
using Benchmarks.Reporting;
using Benchmarks.Stage;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Testing;

namespace Benchmarks.Modes;

// What SIGKILL, a crashing server and cut connections make of follow-ups on their way.
internal static class Crash
{
    private const int FollowUps = 5000;
    private const int Kills = 50;

    public static async Task<Section[]> RunAsync(Server server)
    {
        var connectionString = await server.NewDatabaseAsync("crash");
        await using var product = await Product.StartAsync(
            connectionString,
            builder => builder.Configuration.AddInMemoryCollection([new("FollowUps:DispatchEnabled", "false")])
        );
        var report = await Steps.RunAsync(
            $"crash: {Kills} kills",
            Kills,
            async tick =>
            {
                await using var run = new CrashRun(
                    connectionString,
                    product.Modules,
                    new CrashPlan(FollowUps, Hosts: 3, Kills, Spread: TimeSpan.FromSeconds(60))
                    {
                        DisturbEvery = 10,
                        Disturb = time => DisturbAsync(connectionString, crash: time % 2 == 0),
                        Tick = tick,
                    }
                );
                return await run.RunAsync(CancellationToken.None);
            }
        );
        Line Count(string what, int number, Budget? budget = null) => new(what, "three Hosts", [number], budget);
        return
        [
            new(
                $"{FollowUps} follow-ups, {Kills} kills, in {report.Took.TotalSeconds:0} s",
                ["count"],
                [
                    Count("delivered", report.Executed),
                    Count("promotions withheld, being uncertain", report.Withheld),
                    Count("attempts that ended uncertain", report.Uncertain),
                    Count("calls of the receiver", report.Received),
                    Count("keys received twice, uncertain in between", report.Duplicates - report.Unexplained),
                    Count("keys received twice for no reason", report.Unexplained, Budget.NoMoreThan(0)),
                    Count("keys under two texts", report.TwoTexts, Budget.NoMoreThan(0)),
                    Count("lost", report.Lost, Budget.NoMoreThan(0)),
                ]
            ),
        ];
    }

    // By turns: every connection of the modules is cut; a backend is killed, upon which the server drops all and recovers.
    private static async Task DisturbAsync(string connectionString, bool crash)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var others = database.CreateCommand(
            crash
                ? "SELECT pid FROM pg_stat_activity WHERE application_name = 'followups' LIMIT 1"
                : "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name IN ('followups', 'conversations')"
        );
        if (await others.ExecuteScalarAsync() is int backend)
        {
            using var process = Process.GetProcessById(backend);
            process.Kill();
        }
    }
}
