using FollowUps.Contracts;
using Microsoft.Extensions.Options;

namespace FollowUps.Delivery;

// Whether an address is one of its channel's. Asked where it is put: when a message is due it is too late to hear of it. By the settings, so
// also on a Host that only answers calls.
internal sealed class Addresses(IEnumerable<IDeliveryChannel> own, IOptions<ChannelOptions> providers)
{
    public string? Problem(string channel, string address) =>
        own.FirstOrDefault(theirs => theirs.Name == channel) is { } theirs ? theirs.AddressProblem(address)
        : channel == EmailChannel.ChannelName ? EmailChannel.WrongWith(address)
        : providers.Value.Webhooks.GetValueOrDefault(channel)?.WrongWith(address);
}
