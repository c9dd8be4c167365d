namespace FollowUps.Delivery;

/// <summary>The providers that an operator may set up under <c>FollowUps</c>; <c>FollowUps:Channels</c> says which are used, in what order.</summary>
internal sealed class ChannelOptions
{
    /// <summary>The channel <c>email</c>; absent without a server.</summary>
    public EmailOptions Email { get; } = new();

    /// <summary>A channel for each, under its name.</summary>
    public Dictionary<string, WebhookOptions> Webhooks { get; } = new(StringComparer.OrdinalIgnoreCase);
}
