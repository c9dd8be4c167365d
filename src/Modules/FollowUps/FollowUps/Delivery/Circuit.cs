using FollowUps.Contracts;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;

namespace FollowUps.Delivery;

// Whether a channel's provider may be called: not while it fails too often or until the time that it named, and never again once it is gone.
internal sealed partial class Circuit
{
    // Long enough for a provider that hangs to show: four calls at once that each wait a quarter of a minute are 16 in it.
    private static readonly TimeSpan Sampling = TimeSpan.FromMinutes(1);

    private readonly ResiliencePipeline<IReadOnlyList<DeliveryResult>> breaker;
    private readonly Lock gate = new();
    private readonly IDeliveryChannel channel;
    private readonly TimeProvider clock;
    private readonly ILogger<Lane> logger;

    private DateTimeOffset alone;

    public Circuit(IDeliveryChannel channel, FollowUpsOptions options, TimeProvider clock, ILogger<Lane> logger)
    {
        this.channel = channel;
        this.clock = clock;
        this.logger = logger;
        breaker = new ResiliencePipelineBuilder<IReadOnlyList<DeliveryResult>> { TimeProvider = clock }
            .AddCircuitBreaker(
                new CircuitBreakerStrategyOptions<IReadOnlyList<DeliveryResult>>
                {
                    FailureRatio = 0.5,
                    MinimumThroughput = options.CircuitCalls,
                    SamplingDuration = Sampling,
                    BreakDuration = options.CircuitBreak,
                    ShouldHandle = call =>
                        ValueTask.FromResult(
                            call.Outcome.Exception is not null || call.Outcome.Result!.Any(TellsOfTheProvider)
                        ),
                    OnOpened = opened =>
                    {
                        LogOpened(logger, channel.Name, opened.BreakDuration);
                        return default;
                    },
                }
            )
            .Build();
    }

    public bool IsGone { get; private set; }

    public bool IsOpen => IsGone || AloneUntil is not null;

    public DateTimeOffset? AloneUntil
    {
        get
        {
            lock (gate)
            {
                return alone > clock.GetUtcNow() ? alone : null;
            }
        }
    }

    // Null: it was not called.
    public async Task<IReadOnlyList<DeliveryResult>?> CallAsync(
        IReadOnlyList<Contracts.Delivery> deliveries,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var results = await breaker.ExecuteAsync(
                async (called, token) => await called.DeliverAsync(deliveries, token).WaitAsync(token),
                channel,
                cancellationToken
            );
            foreach (var result in results)
            {
                Hear(result);
            }

            return results;
        }
        catch (BrokenCircuitException open)
        {
            LeaveAlone(open.RetryAfter ?? TimeSpan.Zero);
            return null;
        }
    }

    private void Hear(DeliveryResult result)
    {
        if (result.RetryAfter is { } wait)
        {
            LeaveAlone(wait);
        }

        if (result.Gone && !IsGone)
        {
            IsGone = true;
            LogGone(logger, channel.Name);
        }
    }

    private static bool TellsOfTheProvider(DeliveryResult result) =>
        result is { Delivered: false, Permanent: false, RetryAfter: null, Gone: false };

    private void LeaveAlone(TimeSpan wait)
    {
        var until = clock.GetUtcNow() + wait;
        lock (gate)
        {
            alone = until > alone ? until : alone;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Channel {Channel} fails too often; it is left alone for {Break}"
    )]
    private static partial void LogOpened(ILogger logger, string channel, TimeSpan @break);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The endpoint of channel {Channel} is gone; nothing goes through it until the Host is started anew"
    )]
    private static partial void LogGone(ILogger logger, string channel);
}
