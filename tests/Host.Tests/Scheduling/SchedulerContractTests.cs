using System.Collections.Concurrent;
using Host.Scheduling;
using MediatR;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Testing;

namespace Host.Tests.Scheduling;

// What every scheduler has to keep, asked of the one that is compiled in.
public sealed class SchedulerContractTests : IAsyncLifetime
{
    private const string EverySecond = "* * * * * *";
    private const string NewYear = "0 0 0 1 1 *";

    private readonly List<FollowUpsHost> hosts = [];
    private readonly Errors errors = new();
    private readonly ProbeHandler probe = new();
    private readonly ProbeHandler beat = new();
    private string database = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => database = await PostgresServer.NewDatabaseAsync();

    public async ValueTask DisposeAsync()
    {
        probe.Release();
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }
    }

    [Fact]
    public async Task Work_runs_at_its_time_again_and_again()
    {
        await StartAsync(Work(EverySecond));

        await Eventually(() => probe.Runs >= 2);
    }

    [Fact]
    public async Task No_two_runs_of_a_work_overlap()
    {
        probe.Hold();
        await StartAsync(Work(EverySecond), Beat);

        await Eventually(() => probe.Runs == 1);
        var beats = beat.Runs;
        await Eventually(() => beat.Runs >= beats + 3);
        Assert.Equal(1, probe.Runs);

        probe.Release();
        await Eventually(() => probe.Runs >= 2);
    }

    [Fact]
    public async Task Failure_is_logged_and_does_not_stop_the_next_run()
    {
        probe.Fails = true;
        await StartAsync(Work(EverySecond));

        await Eventually(() => probe.Runs >= 2);

        Assert.Contains(
            errors.Messages,
            message => message.StartsWith("Recurring work probe failed", StringComparison.Ordinal)
        );
        Assert.DoesNotContain(errors.Messages, message => message.Contains("Planned.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stop_waits_for_what_runs()
    {
        probe.Hold();
        var host = await StartAsync(Work(EverySecond));
        await Eventually(() => probe.Runs == 1);

        var stop = host.App.StopAsync(Token);
        Assert.Equal((false, 0), (stop.IsCompleted, probe.Finished));
        probe.Release();
        await stop;

        Assert.Equal((1, 1), (probe.Runs, probe.Finished));
    }

    [Fact]
    public async Task Stop_cuts_short_what_outlasts_the_shutdown_timeout()
    {
        probe.Hold();
        var host = await StartAsync(Work(EverySecond));
        await Eventually(() => probe.Runs == 1);

        await host.App.StopAsync(new CancellationToken(canceled: true));

        Assert.Equal((1, 0), (probe.Runs, probe.Finished));
    }

    [Fact]
    public async Task Disabled_work_is_not_run()
    {
        await StartAsync([Work(EverySecond), Beat], ("Scheduling:Work:probe:Enabled", "false"));

        await Eventually(() => beat.Runs >= 2);

        Assert.Equal(0, probe.Runs);
    }

    [Fact]
    public async Task Disabled_scheduling_runs_nothing()
    {
        var host = await StartAsync(
            [Work(NewYear) with { CatchUp = TimeSpan.FromDays(366) }],
            ("Scheduling:Enabled", "false")
        );

        Assert.Empty(host.App.Services.GetRequiredService<IReadOnlyList<RecurringWork>>());
        Assert.Equal(0, probe.Runs);
    }

    [Fact]
    public async Task Operator_changes_when_a_work_runs()
    {
        await StartAsync([Work(NewYear)], ("Scheduling:Work:probe:Cron", EverySecond));

        await Eventually(() => probe.Runs >= 1);
    }

    [Fact]
    public async Task Two_hosts_on_one_database_run_each_firing_once()
    {
        var firings = new ConcurrentBag<DateTimeOffset>();
        probe.Body = async () => firings.Add(await DueAtAsync());
        await StartAsync(Work(EverySecond));
        await StartAsync(Work(EverySecond));

        await Eventually(() => firings.Count >= 5);

        Assert.Equal(firings.Count, firings.Distinct().Count());
        Assert.All(firings, dueAt => Assert.Equal(0, dueAt.Ticks % TimeSpan.TicksPerSecond));
    }

    [Fact]
    public async Task A_firing_that_hosts_take_at_the_same_moment_runs_once()
    {
        var runs = new[] { await StartAsync(Work(NewYear)), await StartAsync(Work(NewYear)) }
            .Select(host => host.App.Services.GetRequiredService<RecurringRuns>())
            .ToArray();
        var first = new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero);

        for (var i = 0; i < 20; i++)
        {
            await Task.WhenAll(runs.Select(host => host.RunAsync("probe", first.AddYears(i))));
        }

        Assert.Equal(20, probe.Runs);
    }

    [Fact]
    public async Task Firing_that_a_host_left_undone_is_taken_up_by_another_and_then_done()
    {
        var host = await StartAsync(Work(NewYear), Beat);
        var firings = host.App.Services.GetRequiredService<Firings>();

        var left = await firings.ClaimAsync("probe", DateTimeOffset.UtcNow, Token);
        var beats = beat.Runs;
        await Eventually(() => beat.Runs >= beats + 2);
        var meanwhile = probe.Runs;
        await left!.DisposeAsync();
        await Eventually(() => probe.Finished == 1);
        beats = beat.Runs;
        await Eventually(() => beat.Runs >= beats + 2);

        Assert.Equal((0, 1), (meanwhile, probe.Runs));
    }

    [Fact]
    public async Task Missed_firing_is_made_up_for_once_at_start_where_the_work_asks_for_it()
    {
        var caughtUp = Work(NewYear) with { CatchUp = TimeSpan.FromDays(366) };
        await StartAsync(caughtUp);
        await Eventually(() => probe.Finished == 1);

        await StartAsync(caughtUp, Beat, new RecurringWork("other", NewYear, _ => new Probe("probe")));
        await Eventually(() => beat.Runs >= 2);

        Assert.Equal(1, probe.Runs);
    }

    [Theory]
    [InlineData("2027-03-27T00:00:00Z", "2027-03-27T08:00:00Z", "2027-03-28T07:00:00Z")]
    [InlineData("2027-10-30T00:00:00Z", "2027-10-30T07:00:00Z", "2027-10-31T08:00:00Z")]
    public async Task Nine_in_the_morning_stays_nine_when_clocks_change(string from, string before, string after)
    {
        var host = await StartAsync([Work(NewYear)], ("Scheduling:TimeZone", "Europe/Berlin"));
        var scheduler = host.App.Services.GetRequiredService<IRecurringScheduler>();

        var first = scheduler.NextAfter("0 0 9 * * MON-SAT", DateTimeOffset.Parse(from, null));
        var second = scheduler.NextAfter("0 0 9 * * *", first!.Value);

        Assert.Equal((DateTimeOffset.Parse(before, null), DateTimeOffset.Parse(after, null)), (first, second!.Value));
    }

    [Theory]
    [InlineData("Scheduling:Work:prob:Enabled", "false", "Scheduling:Work:prob names no recurring work")]
    [InlineData("Scheduling:Work:probe:Cron", "daily", "Scheduling:Work:probe:Cron: \"daily\"")]
    [InlineData("Scheduling:Work:probe:Cron", "0 0 9 * * 1", "Scheduling:Work:probe:Cron: \"0 0 9 * * 1\"")]
    [InlineData("Scheduling:Work:probe:Cron", "0 77 * * * *", "Scheduling:Work:probe:Cron: \"0 77 * * * *\"")]
    [InlineData("Scheduling:TimeZone", "Mars/Olympus", "Scheduling:TimeZone: there is no time zone Mars/Olympus")]
    public async Task Host_does_not_start_on_a_setting_it_cannot_follow(string key, string value, string message)
    {
        var problem = await Assert.ThrowsAsync<StartException>(() => StartAsync([Work(EverySecond)], (key, value)));

        Assert.StartsWith(message, problem.Message, StringComparison.Ordinal);
    }

    private static RecurringWork Work(string cron) => new("probe", cron, _ => new Probe("probe"));

    private static RecurringWork Beat => new("beat", EverySecond, _ => new Probe("beat"));

    private static async Task Eventually(Func<bool> condition) =>
        await Until.NotNull(() => Task.FromResult(condition() ? condition : null));

    private Task<FollowUpsHost> StartAsync(params RecurringWork[] works) => StartAsync(works, []);

    private async Task<FollowUpsHost> StartAsync(RecurringWork[] works, params (string Key, string Value)[] settings)
    {
        var host = await FollowUpsHost.CreateAsync(
            ["--environment", "Development"],
            builder =>
            {
                builder.WebHost.UseUrls("http://127.0.0.1:0");
                builder.Configuration.AddInMemoryCollection([
                    new("ConnectionStrings:Postgres", database),
                    .. settings.Select(setting => new KeyValuePair<string, string?>(setting.Key, setting.Value)),
                ]);
                builder.Logging.ClearProviders().AddProvider(errors);
                builder.Services.AddKeyedSingleton("probe", probe).AddKeyedSingleton("beat", beat);
                builder.Services.AddSingleton<IRequestHandler<Probe>, ProbeRouter>();
                foreach (var work in works)
                {
                    builder.Services.AddSingleton(work);
                }
            },
            Token
        );
        hosts.Add(host);
        await host.StartAsync(Token);
        return host;
    }

    // Asked while the work runs: its firing is the newest.
    private async Task<DateTimeOffset> DueAtAsync()
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(
            "SELECT due_at FROM scheduler.firings WHERE work = 'probe'",
            connection
        );
        return new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync(Token))!);
    }

    private sealed record Probe(string Handler) : IRequest;

    private sealed class ProbeRouter(IServiceProvider services) : IRequestHandler<Probe>
    {
        public Task Handle(Probe request, CancellationToken cancellationToken) =>
            services.GetRequiredKeyedService<ProbeHandler>(request.Handler).RunAsync(cancellationToken);
    }

    private sealed class ProbeHandler
    {
        private TaskCompletionSource held = new();
        private int runs;
        private int finished;

        public ProbeHandler() => Release();

        public int Runs => Volatile.Read(ref runs);
        public int Finished => Volatile.Read(ref finished);
        public bool Fails { get; set; }
        public Func<Task> Body { get; set; } = () => Task.CompletedTask;

        public void Hold() => held = new TaskCompletionSource();

        public void Release() => held.TrySetResult();

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref runs);
            await held.Task.WaitAsync(cancellationToken);
            await Body();
            if (Fails)
            {
                throw new InvalidOperationException("Planned.");
            }

            Interlocked.Increment(ref finished);
        }
    }

    private sealed class Errors : ILoggerProvider, ILogger
    {
        public ConcurrentBag<string> Messages { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (IsEnabled(logLevel))
            {
                Messages.Add($"{formatter(state, exception)} {exception}");
            }
        }

        public void Dispose() { }
    }
}
