using System.Collections.Concurrent;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Testing;

// A host whose every notification is heard, as another module would hear it.
public sealed class ListeningHostFixture : HostFixture
{
    private readonly ConcurrentQueue<INotification> heard = new();

    public IEnumerable<T> Heard<T>()
        where T : INotification => heard.OfType<T>();

    protected override void Customise(WebApplicationBuilder builder) =>
        builder.Services.AddSingleton(heard).AddSingleton(typeof(INotificationHandler<>), typeof(Listener<>));

    private sealed class Listener<T>(ConcurrentQueue<INotification> heard) : INotificationHandler<T>
        where T : INotification
    {
        public Task Handle(T notification, CancellationToken cancellationToken)
        {
            heard.Enqueue(notification);
            return Task.CompletedTask;
        }
    }
}
