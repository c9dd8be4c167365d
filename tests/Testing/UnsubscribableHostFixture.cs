using System.Collections.Concurrent;
using FollowUps.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Testing;

// A host that says where it is reached, and whose channel keeps what it is handed.
public sealed class UnsubscribableHostFixture() : HostFixture(null, ("FollowUps:PublicUrl", "https://book.example.org"))
{
    private readonly KeepingChannel channel = new();

    protected override void Customise(WebApplicationBuilder builder) =>
        builder.Services.AddSingleton<IDeliveryChannel>(channel);

    public async Task<Delivery> DeliveredTo(string user)
    {
        await Modules.Send(new ScheduleFollowUps([Some.FollowUp(user)]));
        return await Until.NotNull(() => Task.FromResult(channel.Deliveries.GetValueOrDefault(user)));
    }

    // The path of its link, on this host.
    public async Task<string> LinkOf(string user) => (await DeliveredTo(user)).Unsubscribe!.AbsolutePath;

    private sealed class KeepingChannel : IDeliveryChannel
    {
        public ConcurrentDictionary<string, Delivery> Deliveries { get; } = new(StringComparer.Ordinal);

        public string Name => "keeping";

        public Task<IReadOnlyList<DeliveryResult>> DeliverAsync(
            IReadOnlyList<Delivery> deliveries,
            CancellationToken cancellationToken
        )
        {
            foreach (var delivery in deliveries)
            {
                Deliveries[delivery.UserId] = delivery;
            }

            return Task.FromResult<IReadOnlyList<DeliveryResult>>([
                .. deliveries.Select(_ => new DeliveryResult(true)),
            ]);
        }
    }
}
