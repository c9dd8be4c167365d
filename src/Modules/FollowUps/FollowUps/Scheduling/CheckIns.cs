using System.Threading.Channels;
using FollowUps.Contracts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FollowUps.Scheduling;

// Schedules check-ins beside the write that dropped the mood: its caller does not wait for them. What does not fit, or dies with the process, is
// found by the sweep.
internal sealed partial class CheckIns(ScheduleWrite write, ILogger<CheckIns> logger) : BackgroundService
{
    private const int Most = 10_000;

    private readonly Channel<NewFollowUp> wanted = Channel.CreateBounded<NewFollowUp>(
        new BoundedChannelOptions(Most) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true }
    );

    public void After(string userId, string conversationId) =>
        wanted.Writer.TryWrite(
            new NewFollowUp
            {
                Trigger = FollowUpTrigger.EmotionBased,
                UserId = userId,
                ConversationId = conversationId,
            }
        );

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await wanted.Reader.WaitToReadAsync(stoppingToken))
            {
                var batch = new List<NewFollowUp>();
                while (batch.Count < 1000 && wanted.Reader.TryRead(out var item))
                {
                    batch.Add(item);
                }

                await ScheduleAsync(batch, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The sweep of the next process finds the rest.
        }
    }

    private async Task ScheduleAsync(List<NewFollowUp> batch, CancellationToken cancellationToken)
    {
        try
        {
            await write.ExecuteAsync(batch, cancellationToken);
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            LogLost(logger, batch.Count, Faults.Describe(problem));
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Count} check-ins could not be scheduled at once; the sweep schedules them: {Fault}"
    )]
    private static partial void LogLost(ILogger logger, int count, string fault);
}
