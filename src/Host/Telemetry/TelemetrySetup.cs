namespace Host.Telemetry;

internal static class TelemetrySetup
{
    public static void AddTelemetry(this IServiceCollection services)
    {
        services.AddSingleton<Instruments>();
        services.AddSingleton<PerformanceWindows>();
    }

    public static void UseTelemetry(this WebApplication app)
    {
        // Made now, not at the first question: it knows only what was measured since.
        app.Services.GetRequiredService<PerformanceWindows>();
    }
}
