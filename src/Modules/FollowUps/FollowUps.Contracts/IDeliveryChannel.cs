namespace FollowUps.Contracts;

/// <summary>
/// A way to reach customers. Delivery is at least once: a receiver that keeps the follow-up's id as its idempotency key makes it exactly once.
/// </summary>
public interface IDeliveryChannel
{
    /// <summary>A lower-case slug, such as <c>outbox</c>. Recipients keep their address on the channel under this name.</summary>
    string Name { get; }

    /// <summary>True when only customers with an address on this channel can be reached by it.</summary>
    bool NeedsAddress => false;

    /// <summary>Says what is wrong with an address, to who puts it, or null. By default nothing is.</summary>
    /// <param name="address">The address: 1 to 320 characters.</param>
    string? AddressProblem(string address) => null;

    /// <summary>
    /// True when handing over the same follow-up twice reaches the customer once: the channel itself keeps the idempotency key. Then a promotion
    /// whose attempt ended uncertain is sent again too.
    /// </summary>
    bool RepeatsAreHarmless => false;

    /// <summary>How much its provider takes; by default as much as there is.</summary>
    DeliveryPace Pace => DeliveryPace.Unbounded;

    /// <summary>
    /// What the provider knows a follow-up by, the same in every attempt. It is recorded before the channel is called.
    /// </summary>
    /// <param name="followUpId">The follow-up.</param>
    string ProviderKey(Guid followUpId) => followUpId.ToString();

    /// <summary>
    /// Hands over a batch. A delivery that fails is answered as such; an exception leaves all of them uncertain.
    /// </summary>
    /// <param name="deliveries">What is to be sent: at most as many as the pace allows.</param>
    /// <param name="cancellationToken">Gives up: the Host stops.</param>
    /// <returns>One result for each delivery, in the same order.</returns>
    Task<IReadOnlyList<DeliveryResult>> DeliverAsync(
        IReadOnlyList<Delivery> deliveries,
        CancellationToken cancellationToken
    );
}

/// <summary>How much a provider takes from one Host.</summary>
/// <param name="BatchSize">Most deliveries in one call; 1 or more.</param>
/// <param name="Concurrency">Most calls at once; 1 or more.</param>
/// <param name="PerSecond">Most deliveries a second; null for any number.</param>
public sealed record DeliveryPace(int BatchSize, int Concurrency, double? PerSecond = null)
{
    /// <summary>As much as there is, a batch to a call.</summary>
    public static DeliveryPace Unbounded { get; } = new(int.MaxValue, int.MaxValue);
}

/// <summary>A worded follow-up on its way.</summary>
/// <param name="FollowUpId">The idempotency key: the same for every attempt.</param>
/// <param name="UserId">The customer.</param>
/// <param name="Address">Where to on this channel, if one is known.</param>
/// <param name="Subject">For channels that have one.</param>
/// <param name="Body">The text.</param>
/// <param name="Attempt">From 1.</param>
/// <param name="SentAt">When it was handed over.</param>
/// <param name="Unsubscribe">
/// Where the customer opts out with one click, for List-Unsubscribe of RFC 8058: a POST there does it, a GET only asks. The same for every
/// follow-up of the customer and trigger; a bearer secret, so not for logs. Null without option <c>FollowUps:PublicUrl</c>.
/// </param>
public sealed record Delivery(
    Guid FollowUpId,
    string UserId,
    string? Address,
    string? Subject,
    string Body,
    int Attempt,
    DateTimeOffset SentAt,
    Uri? Unsubscribe = null
)
{
    /// <summary>What made it be scheduled.</summary>
    public FollowUpTrigger Trigger { get; init; }

    /// <summary>True: the text is HTML, as a template of the channel <c>email</c> is. False: it is plain.</summary>
    public bool IsHtml { get; init; }
}

/// <summary>What a channel says of a delivery.</summary>
/// <param name="Delivered">True when the provider took it.</param>
/// <param name="Error">Why not, without addresses or message content.</param>
/// <param name="Permanent">True when another attempt cannot help.</param>
/// <param name="Uncertain">True when the provider may have taken it: no answer came, for instance.</param>
/// <param name="RetryAfter">
/// How long the provider wants to be left alone, by all: such an attempt does not count against the limit. Null for the usual back-off.
/// </param>
/// <param name="Gone">True when the channel's endpoint is no more: nothing goes through the channel on this Host until it is started anew; other Hosts hear it by a call of their own.</param>
public sealed record DeliveryResult(
    bool Delivered,
    string? Error = null,
    bool Permanent = false,
    bool Uncertain = false,
    TimeSpan? RetryAfter = null,
    bool Gone = false
);
