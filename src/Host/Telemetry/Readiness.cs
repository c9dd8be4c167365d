using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Host.Telemetry;

/// <summary>When a Host that can do its work is said to be behind with it: section <c>Health</c>.</summary>
internal sealed class HealthOptions
{
    public const string Section = "Health";

    /// <summary>More overdue follow-ups than this are a backlog. 0 or more. Default 1000.</summary>
    [Range(0, int.MaxValue)]
    public int MaxOverdue { get; set; } = 1000;

    /// <summary>A follow-up due for longer than this and not looked at makes dispatch late. 1 s to 7 days. Default 5 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan MaxLateness { get; set; } = TimeSpan.FromMinutes(5);
}

internal static class Readiness
{
    // Probes come from many sides; the database is asked for all of them.
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    public static void AddReadiness(this IServiceCollection services, IConfiguration configuration)
    {
        services
            .AddOptions<HealthOptions>()
            .Bind(configuration.GetSection(HealthOptions.Section))
            .CheckAtStart(HealthOptions.Section);
        var checks = services.AddHealthChecks();
        Add(
            "database",
            (state, _) => state.Health is null ? HealthCheckResult.Unhealthy("It does not answer.") : Fine()
        );
        Add(
            "scheduler",
            (state, _) => state.SchedulerRunning ? Fine() : HealthCheckResult.Unhealthy("It does not run.")
        );
        // Behind is not broken: taken out of service, this Host would fall behind further.
        Add(
            "backlog",
            (state, options) =>
                state.Health?.Overdue > options.MaxOverdue
                    ? HealthCheckResult.Degraded($"{state.Health.Overdue} follow-ups are overdue.")
                    : Fine()
        );
        Add(
            "lateness",
            (state, options) =>
                state.Behind > options.MaxLateness
                    ? HealthCheckResult.Degraded($"A follow-up has been due for {state.Behind:c}.")
                    : Fine()
        );

        void Add(string name, Func<DispatchState, HealthOptions, HealthCheckResult> judge) =>
            checks.Add(
                new HealthCheckRegistration(
                    name,
                    provider => new Check(
                        provider.GetRequiredService<DispatchWatch>(),
                        provider.GetRequiredService<IOptions<HealthOptions>>().Value,
                        judge
                    ),
                    failureStatus: null,
                    tags: null
                )
            );
    }

    public static void MapReadiness(this IEndpointRouteBuilder routes)
    {
        // Alive as long as it answers: no restart of this process mends a database.
        routes.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous();
        routes.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = Write }).AllowAnonymous();
    }

    private static Task Write(HttpContext context, HealthReport report) =>
        context.Response.WriteAsJsonAsync(
            new
            {
                status = Word(report.Status),
                checks = report.Entries.ToDictionary(
                    entry => entry.Key,
                    entry => new { status = Word(entry.Value.Status), description = entry.Value.Description }
                ),
            }
        );

    private static string Word(HealthStatus status) => status.ToString().ToLowerInvariant();

    private static HealthCheckResult Fine() => HealthCheckResult.Healthy();

    private sealed class Check(
        DispatchWatch watch,
        HealthOptions options,
        Func<DispatchState, HealthOptions, HealthCheckResult> judge
    ) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(
            HealthCheckContext context,
            CancellationToken cancellationToken
        ) => judge(await watch.LookAsync(MaxAge, cancellationToken), options);
    }
}
