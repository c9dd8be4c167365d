namespace Host.Telemetry;

// Where metrics are pushed, nobody comes to look: then this does.
internal sealed class DispatchWatchLoop(DispatchWatch watch, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        do
        {
            await watch.LookAsync(Every / 2, stoppingToken);
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
