using Microsoft.Extensions.Options;
using Quartz;

namespace Host.Scheduling;

// Quartz keeps the triggers in memory. Its clustered store would let N Hosts run each firing once and take up what a dead one left, with eleven
// tables, a poll of every Host and some ten crossings a firing: Firings does both, for either scheduler, in two, and the list is in the code
// anyway.
internal sealed class QuartzScheduler(
    ISchedulerFactory schedulers,
    IReadOnlyList<RecurringWork> works,
    IOptions<SchedulingOptions> options
) : IRecurringScheduler
{
    private IScheduler? quartz;

    public bool IsRunning => quartz?.Status == SchedulerStatus.Running;

    public static void Add(IServiceCollection services, SchedulingOptions options)
    {
        services.AddQuartz();
        services.AddSingleton<IRecurringScheduler, QuartzScheduler>();
        services.AddHostedService(provider => provider.GetRequiredService<IRecurringScheduler>());
    }

    public DateTimeOffset? NextAfter(string cron, DateTimeOffset instant) =>
        new CronExpression(cron, options.Value.Zone).GetNextValidTimeAfter(instant);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        quartz = await schedulers.GetScheduler(cancellationToken);
        foreach (var work in works)
        {
            await quartz.ScheduleJob(
                JobBuilder.Create<QuartzJob>().WithIdentity(work.Name).Build(),
                TriggerBuilder
                    .Create(quartz.TimeProvider)
                    .WithIdentity(work.Name)
                    .WithCronSchedule(
                        work.Cron,
                        cron =>
                            cron.InTimeZone(options.Value.Zone)
                                .WithMisfireInstruction(CronTriggerMisfireInstruction.DoNothing)
                    )
                    .Build(),
                cancellationToken: cancellationToken
            );
        }

        await quartz.Start(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (quartz is not null)
        {
            await quartz.Shutdown(waitForJobsToComplete: false, cancellationToken);
        }
    }
}

internal sealed class QuartzJob(RecurringRuns runs) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) =>
        await runs.RunAsync(context.JobDetail.Key.Name, context.ScheduledFireTimeUtc!.Value);
}
