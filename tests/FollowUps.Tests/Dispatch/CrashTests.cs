using Testing;

namespace FollowUps.Tests.Dispatch;

// The short form of `build/bench crash`.
public sealed class CrashTests(CrashTests.Answering host) : IClassFixture<CrashTests.Answering>
{
    [Fact]
    public async Task Killed_and_cut_off_hosts_lose_nothing_and_repeat_only_what_was_uncertain()
    {
        await using var run = new CrashRun(
            host.ConnectionString,
            host.Modules,
            new CrashPlan(FollowUps: 300, Hosts: 3, Kills: 4, Spread: TimeSpan.FromSeconds(4))
            {
                DisturbEvery = 2,
                Disturb = _ =>
                    host.ExecuteAsync(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND application_name = 'followups' AND pid <> pg_backend_pid()
                        """
                    ),
            }
        );

        var report = await run.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal((300, 0, 0, 0), (report.Scheduled, report.Lost, report.TwoTexts, report.Unexplained));
        Assert.Equal(300, report.Executed + report.Withheld);
    }

    // Schedules and answers; the processes send.
    public sealed class Answering() : HostFixture(null, ("FollowUps:DispatchEnabled", "false"));
}
