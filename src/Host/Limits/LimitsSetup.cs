using System.Globalization;
using System.Threading.RateLimiting;
using Host.Access;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Host.Limits;

internal static class LimitsSetup
{
    public static void AddLimits(this IServiceCollection services, IConfiguration configuration)
    {
        services
            .AddOptions<LimitsOptions>()
            .Bind(configuration.GetSection(LimitsOptions.Section))
            .CheckAtStart(LimitsOptions.Section);
        services
            .AddOptions<KestrelServerOptions>()
            .Configure(
                (KestrelServerOptions kestrel, IOptions<LimitsOptions> limits) =>
                {
                    kestrel.AddServerHeader = false;
                    kestrel.Limits.MaxRequestBodySize = limits.Value.MaxBodyBytes;
                    kestrel.Limits.MaxConcurrentConnections = 10_000;
                }
            );
        services
            .AddOptions<RateLimiterOptions>()
            .Configure(
                (RateLimiterOptions options, IOptions<LimitsOptions> limits) =>
                {
                    options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
                    options.OnRejected = AnswerAsync;
                    options.GlobalLimiter = PartitionedRateLimiter.CreateChained(
                        PartitionedRateLimiter.Create<HttpContext, string>(context => PerCaller(context, limits.Value)),
                        PartitionedRateLimiter.Create<HttpContext, string>(context => AtOnce(context, limits.Value))
                    );
                }
            );
        services.AddRateLimiter(_ => { });
        services
            .AddOptions<RequestTimeoutOptions>()
            .Configure(
                (RequestTimeoutOptions options, IOptions<LimitsOptions> limits) =>
                    options.DefaultPolicy = new RequestTimeoutPolicy
                    {
                        Timeout = limits.Value.Timeout,
                        TimeoutStatusCode = StatusCodes.Status503ServiceUnavailable,
                        WriteTimeoutResponse = context =>
                        {
                            context.Response.Headers.RetryAfter = "5";
                            return Task.CompletedTask;
                        },
                    }
            );
        services.AddRequestTimeouts();
    }

    private static RateLimitPartition<string> PerCaller(HttpContext context, LimitsOptions limits)
    {
        if (IsProbe(context))
        {
            return RateLimitPartition.GetNoLimiter("probe");
        }

        var caller = Caller.Of(context);
        return caller is null
                ? RateLimitPartition.GetTokenBucketLimiter(
                    $"address {context.Connection.RemoteIpAddress}",
                    _ => Bucket(limits.StrangersPerSecond, 10 * limits.StrangersPerSecond)
                )
            : Caller.IsLocal(context) ? RateLimitPartition.GetNoLimiter("local")
            : RateLimitPartition.GetTokenBucketLimiter(
                $"caller {caller}",
                _ => Bucket(limits.RequestsPerSecond, limits.Burst)
            );
    }

    private static RateLimitPartition<string> AtOnce(HttpContext context, LimitsOptions limits) =>
        IsProbe(context)
            ? RateLimitPartition.GetNoLimiter("probe")
            : RateLimitPartition.GetConcurrencyLimiter(
                "all",
                _ => new ConcurrencyLimiterOptions { PermitLimit = limits.Concurrent, QueueLimit = 0 }
            );

    private static TokenBucketRateLimiterOptions Bucket(int perSecond, int burst) =>
        new()
        {
            TokensPerPeriod = perSecond,
            TokenLimit = Math.Max(perSecond, burst),
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            QueueLimit = 0,
        };

    // A bucket knows when it has a token again; that all hands are full has no such time, and is not the caller's doing.
    private static ValueTask AnswerAsync(OnRejectedContext context, CancellationToken cancellationToken)
    {
        var response = context.HttpContext.Response;
        if (context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait))
        {
            response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds))
                .ToString(CultureInfo.InvariantCulture);
            return ValueTask.CompletedTask;
        }

        response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        response.Headers.RetryAfter = "1";
        return ValueTask.CompletedTask;
    }

    private static bool IsProbe(HttpContext context) => context.Request.Path.StartsWithSegments("/health");
}
