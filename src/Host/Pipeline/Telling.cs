using MediatR;

namespace Host.Pipeline;

// What is told has happened and is committed: who is told and fails must not make the teller's caller believe that it did not, and write again.
internal sealed partial class Telling(ILogger<Telling> logger) : INotificationPublisher
{
    public async Task Publish(
        IEnumerable<NotificationHandlerExecutor> handlerExecutors,
        INotification notification,
        CancellationToken cancellationToken
    )
    {
        foreach (var told in handlerExecutors)
        {
            try
            {
                await told.HandlerCallback(notification, cancellationToken);
            }
            catch (Exception problem)
            {
                LogFailed(
                    logger,
                    told.HandlerInstance.GetType().Name,
                    notification.GetType().Name,
                    Faults.Describe(problem)
                );
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Handler} failed when told of {Notification}: {Fault}")]
    private static partial void LogFailed(ILogger logger, string handler, string notification, string fault);
}
