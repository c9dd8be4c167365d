using FollowUps.Contracts;
using MediatR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FollowUps.Dispatch;

// Sleeps until the next follow-up is due, or until an earlier one is announced.
internal sealed partial class Dispatcher(
    ISender modules,
    DueSignal due,
    IOptions<FollowUpsOptions> options,
    TimeProvider clock,
    ILogger<Dispatcher> logger
) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var nextAt = clock.GetUtcNow() + options.Value.DispatchSweepEvery;
            try
            {
                due.Reset();
                var result = await modules.Send(new DispatchDueFollowUps(), stoppingToken);
                nextAt = result.NextAt < nextAt ? result.NextAt.Value : nextAt;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception problem)
            {
                // Whatever it was, the claims end by themselves: look again soon.
                LogFailed(logger, problem);
                nextAt = clock.GetUtcNow() + options.Value.DispatchRetryAfter;
            }

            try
            {
                await due.SleepUntilAsync(nextAt, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "A dispatch run failed; its follow-ups are taken up again when their leases end"
    )]
    private static partial void LogFailed(ILogger logger, Exception problem);
}
