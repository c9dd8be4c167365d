using Microsoft.Extensions.Options;

namespace Host.Scheduling;

internal static class SchedulingSetup
{
    public static void AddScheduling(this IServiceCollection services, IConfiguration configuration)
    {
        var section = configuration.GetSection(SchedulingOptions.Section);
        services.AddOptions<SchedulingOptions>().Bind(section);
        foreach (var work in RecurringWork.All)
        {
            services.AddSingleton(work);
        }

        services.AddSingleton(provider =>
            provider
                .GetRequiredService<IOptions<SchedulingOptions>>()
                .Value.Apply([.. provider.GetServices<RecurringWork>()])
        );
        services.AddSingleton<Firings>();
        services.AddSingleton<RecurringRuns>();
        services.AddHostedService(provider => provider.GetRequiredService<RecurringRuns>());

        // QuartzScheduler or TickerQScheduler: Host.csproj says which.
        Scheduler.Add(services, section.Get<SchedulingOptions>() ?? new());
    }
}
