using Microsoft.Extensions.Options;
using NCrontab;
using TickerQ.DependencyInjection;
using TickerQ.Utilities;
using TickerQ.Utilities.Entities;
using TickerQ.Utilities.Enums;
using TickerQ.Utilities.Interfaces;
using TickerQ.Utilities.Interfaces.Managers;

namespace Host.Scheduling;

// Compiled with -p:Scheduler=TickerQ. TickerQ keeps functions and tickers by process, whichever of its Hosts added them, and each of these runs
// what is due: so a Host's go by names of its own and run in it, whoever fires them. Firings makes Hosts agree. The zone is the process's
// too, that of the Host made last.
// Where clocks go back, TickerQ passes over the repeated hour; a work that runs more often than daily wants the zone UTC.
internal sealed class TickerQScheduler(
    IHost host,
    ITickerQHostScheduler tickerQ,
    ICronTickerManager<CronTickerEntity> tickers,
    ITickerPersistenceProvider<TimeTickerEntity, CronTickerEntity> occurrences,
    IReadOnlyList<RecurringWork> works,
    IOptions<SchedulingOptions> options
) : IRecurringScheduler
{
    private static readonly CrontabSchedule.ParseOptions WithSeconds = new() { IncludingSeconds = true };

    private readonly Guid node = Guid.NewGuid();
    private readonly List<Guid> added = [];

    public bool IsRunning => tickerQ.IsRunning;

    public static void Add(IServiceCollection services, SchedulingOptions options)
    {
        // Before TickerQ's own services: they expect the functions when they start.
        services.AddSingleton<IRecurringScheduler, TickerQScheduler>();
        services.AddHostedService(provider => provider.GetRequiredService<IRecurringScheduler>());
        services.AddTickerQ(tickerQ => tickerQ.ConfigureScheduler(s => s.SchedulerTimeZone = options.Zone));
        services.AddSingleton<ITickerClock, TickerQClock>();
    }

    public DateTimeOffset? NextAfter(string cron, DateTimeOffset instant)
    {
        var schedule =
            CrontabSchedule.TryParse(cron, WithSeconds) ?? throw new FormatException($"No cron expression: {cron}");
        var zone = options.Value.Zone;
        var next = schedule.GetNextOccurrence(TimeZoneInfo.ConvertTime(instant, zone).DateTime);
        while (zone.IsInvalidTime(next))
        {
            next = schedule.GetNextOccurrence(next);
        }

        return next == DateTime.MaxValue ? null : new DateTimeOffset(TimeZoneInfo.ConvertTimeToUtc(next, zone));
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var runs = host.Services.GetRequiredService<RecurringRuns>();
        TickerFunctionProvider.RegisterFunctions(
            works.ToDictionary(Function, work => ("", TickerTaskPriority.Normal, Runs(work, runs), 0))
        );
        TickerFunctionProvider.Build();
        host.UseTickerQ();
        foreach (var work in works)
        {
            var ticker = await tickers.AddAsync(
                new CronTickerEntity { Function = Function(work), Expression = work.Cron },
                cancellationToken
            );
            added.Add(ticker.IsSucceeded ? ticker.Result.Id : throw ticker.Exception);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken) =>
        await tickers.DeleteBatchAsync(added, cancellationToken);

    private string Function(RecurringWork work) => $"{work.Name} {node}";

    // Not waited for: RecurringRuns does that, beyond the end of TickerQ. Of what it fired TickerQ forgets nothing by itself.
    private TickerFunctionDelegate Runs(RecurringWork work, RecurringRuns runs)
    {
        Guid? last = null;
        return async (_, _, firing) =>
        {
            _ = runs.RunAsync(
                work.Name,
                new DateTimeOffset(DateTime.SpecifyKind(firing.ScheduledFor, DateTimeKind.Utc))
            );
            if (last is { } over)
            {
                await occurrences.RemoveCronTickerOccurrences([over], CancellationToken.None);
            }

            last = firing.Id;
        };
    }
}

internal sealed class TickerQClock(TimeProvider clock) : ITickerClock
{
    public DateTime UtcNow => clock.GetUtcNow().UtcDateTime;
}
