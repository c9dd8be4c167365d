using Microsoft.Extensions.Options;
using NCrontab;
using TickerQ.DependencyInjection;
using TickerQ.Utilities;
using TickerQ.Utilities.Base;
using TickerQ.Utilities.Entities;
using TickerQ.Utilities.Enums;
using TickerQ.Utilities.Interfaces;
using TickerQ.Utilities.Interfaces.Managers;

namespace Host.Scheduling;

// Compiled with -p:Scheduler=TickerQ. TickerQ keeps functions by process and tickers by Host, both in memory: Firings makes Hosts agree.
// Where clocks go back, TickerQ passes over the repeated hour; a work that runs more often than daily wants the zone UTC.
internal sealed class TickerQScheduler(
    IHost host,
    ITickerQHostScheduler tickerQ,
    ICronTickerManager<CronTickerEntity> tickers,
    IReadOnlyList<RecurringWork> works,
    IOptions<SchedulingOptions> options
) : IRecurringScheduler
{
    private static readonly CrontabSchedule.ParseOptions WithSeconds = new() { IncludingSeconds = true };

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
        TickerFunctionProvider.RegisterFunctions(
            works.ToDictionary(
                work => work.Name,
                _ =>
                    (
                        "",
                        TickerTaskPriority.Normal,
                        new TickerFunctionDelegate((_, services, firing) => Run(services, firing)),
                        0
                    )
            )
        );
        TickerFunctionProvider.Build();
        host.UseTickerQ();
        foreach (var work in works)
        {
            var added = await tickers.AddAsync(
                new CronTickerEntity { Function = work.Name, Expression = work.Cron },
                cancellationToken
            );
            if (!added.IsSucceeded)
            {
                throw added.Exception;
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static Task Run(IServiceProvider services, TickerFunctionContext firing) =>
        services
            .GetRequiredService<RecurringRuns>()
            .RunAsync(
                firing.FunctionName,
                new DateTimeOffset(DateTime.SpecifyKind(firing.ScheduledFor, DateTimeKind.Utc))
            );
}

internal sealed class TickerQClock(TimeProvider clock) : ITickerClock
{
    public DateTime UtcNow => clock.GetUtcNow().UtcDateTime;
}
