using Host.Pipeline;

namespace Host.Access;

// All keys in memory, so that a call costs no crossing more. Read anew every few seconds: a revoked key lives that long. A key not seen yet
// waits for a look that begins after it came: at once, but no more often than once a second, whatever strangers send. Who waits is not yet
// counted by any limit, so no more than a crowd may: one more is told at once that there is no such key.
internal sealed partial class KnownKeys(ApiKeys keys, Door door, TimeProvider clock, ILogger<KnownKeys> logger)
    : BackgroundService
{
    public const int Crowd = 256;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim places = new(Crowd);
    private readonly SemaphoreSlim reading = new(1);
    private Dictionary<string, ApiKey> known = new(StringComparer.Ordinal);
    private long readFrom;
    private long readAt;

    // Usable or not: whoever made one wants callers to have one, and taking the last away lets nobody in.
    public bool WereMade => known.Count > 0;

    public bool AreUsable => known.Values.Any(key => key.IsUsable(clock.GetUtcNow()));

    public async Task<ApiKey?> FindAsync(string text, CancellationToken cancellationToken)
    {
        if (ApiKey.IdIn(text) is not { } id)
        {
            return null;
        }

        if (!known.ContainsKey(id) && await places.WaitAsync(TimeSpan.Zero, cancellationToken))
        {
            try
            {
                await LookAgainAsync(cancellationToken);
            }
            finally
            {
                places.Release();
            }
        }

        return known.GetValueOrDefault(id) is { } key && key.Is(text) && key.IsUsable(clock.GetUtcNow()) ? key : null;
    }

    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        var from = clock.GetTimestamp();
        var list = await keys.ListAsync(cancellationToken);
        known = list.ToDictionary(key => key.Id, StringComparer.Ordinal);
        (readFrom, readAt) = (from, clock.GetTimestamp());
        if (door.IsOpen && WereMade)
        {
            door.IsOpen = false;
            LogShut(logger);
        }
    }

    public override void Dispose()
    {
        places.Dispose();
        reading.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await TryReadAsync(stoppingToken);
        }
    }

    private async Task LookAgainAsync(CancellationToken cancellationToken)
    {
        var came = clock.GetTimestamp();
        await reading.WaitAsync(cancellationToken);
        try
        {
            // One look answers all who waited for it.
            if (readFrom >= came)
            {
                return;
            }

            if (Pause - clock.GetElapsedTime(readAt) is { Ticks: > 0 } rest)
            {
                await Task.Delay(rest, clock, cancellationToken);
            }

            await TryReadAsync(cancellationToken);
        }
        finally
        {
            reading.Release();
        }
    }

    // While the database is away, those known stay known.
    private async Task TryReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ReadAsync(cancellationToken);
        }
        catch (Exception problem) when (Faults.IsUnavailable(problem))
        {
            readFrom = readAt = clock.GetTimestamp();
            LogUnread(logger, Faults.Describe(problem));
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A key was made: every call needs one from here on")]
    private static partial void LogShut(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "API keys could not be read; those known stay: {Fault}")]
    private static partial void LogUnread(ILogger logger, string fault);
}
