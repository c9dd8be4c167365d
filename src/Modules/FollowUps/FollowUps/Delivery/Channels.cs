using System.Text.Json;
using FollowUps.Contracts;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FollowUps.Delivery;

// Where a follow-up goes: a lane, or why there is none.
internal sealed record Route(Lane? Lane, string? Address, string? Obstacle = null, Lane? Gone = null)
{
    public string? Channel => (Lane ?? Gone)?.Name;
}

// The channels of this Host in the operator's order.
internal sealed class Channels : IDisposable
{
    public const string NoAddress = "no_address";
    public const string Disabled = "channel_disabled";

    private readonly List<IDisposable> made = [];
    private readonly List<Lane> order;

    public Channels(
        IEnumerable<IDeliveryChannel> own,
        OutboxChannel outbox,
        IOptions<ChannelOptions> providers,
        IOptions<FollowUpsOptions> options,
        TimeProvider clock,
        ILogger<Lane> logger
    )
    {
        var setUp = own.ToList();
        if (providers.Value.Email is { Host: not null } email)
        {
            var channel = new EmailChannel(email, clock);
            made.Add(channel);
            setUp.Add(channel);
        }

        foreach (var (name, webhook) in providers.Value.Webhooks.OrderBy(w => w.Key, StringComparer.Ordinal))
        {
            var channel = new WebhookChannel(name.ToLowerInvariant(), webhook, clock);
            made.Add(channel);
            setUp.Add(channel);
        }

        IReadOnlyList<string> names =
            options.Value.Channels.Count > 0 ? [.. options.Value.Channels]
            : setUp.Count > 0 ? setUp.ConvertAll(channel => channel.Name)
            : [OutboxChannel.ChannelName];
        setUp.Add(outbox);
        order =
        [
            .. names.Select(name => new Lane(
                setUp.Find(channel => channel.Name == name) ?? throw Unknown(name, setUp),
                options.Value,
                clock,
                logger
            )),
        ];
    }

    // What may have gone through a channel already goes through that one again, while there is one of its name.
    public Route For(string? addresses, string? again)
    {
        var known = addresses is null ? null : JsonSerializer.Deserialize<Dictionary<string, string>>(addresses);
        var candidates = again is not null && order.Find(lane => lane.Name == again) is { } same ? [same] : order;
        Lane? gone = null;
        foreach (var lane in candidates)
        {
            var address = known?.GetValueOrDefault(lane.Name);
            if (address is null && lane.Channel.NeedsAddress)
            {
                continue;
            }

            if (!lane.IsGone)
            {
                return new Route(lane, address);
            }

            gone ??= lane;
        }

        return new Route(null, null, gone is null ? NoAddress : Disabled, gone);
    }

    public IEnumerable<string> Names => order.Select(lane => lane.Name);

    public void Dispose()
    {
        order.ForEach(lane => lane.Dispose());
        made.ForEach(channel => channel.Dispose());
    }

    private static OptionsValidationException Unknown(string name, IEnumerable<IDeliveryChannel> setUp) =>
        new(
            nameof(FollowUpsOptions.Channels),
            typeof(FollowUpsOptions),
            [
                $"{FollowUpsOptions.Section}:Channels: {name} is not set up. There are: {string.Join(", ", setUp.Select(c => c.Name))}.",
            ]
        );
}
