using System.Text;
using FollowUps.Contracts;
using FollowUps.Delivery;
using Microsoft.Extensions.Time.Testing;
using Testing;

namespace FollowUps.Tests.Delivery;

public sealed class WebhookChannelTests : IAsyncLifetime
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2031, 11, 5, 18, 0, 0, TimeSpan.Zero));
    private WebhookReceiver? receiver;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WebhookReceiver Receiver => receiver!;

    public async ValueTask InitializeAsync() => receiver = await WebhookReceiver.StartAsync();

    public async ValueTask DisposeAsync() => await Receiver.DisposeAsync();

    private async Task<DeliveryResult> DeliverAsync(
        Uri? url = null,
        Contracts.Delivery? delivery = null,
        double timeout = 20
    )
    {
        using var channel = new WebhookChannel(
            "sms",
            new WebhookOptions
            {
                Url = url ?? Receiver.Url,
                Secret = Secret,
                Timeout = TimeSpan.FromSeconds(timeout),
            },
            clock
        );
        return Assert.Single(await channel.DeliverAsync([delivery ?? SomeDelivery.To("+49 30 1234567")], Token));
    }

    private Uri Through(FaultyLink link) => new UriBuilder(Receiver.Url) { Port = link.Port }.Uri;

    [Fact]
    public async Task Posts_the_text_signed_under_the_id_of_the_follow_up()
    {
        var delivery = SomeDelivery.To("+49 30 1234567");

        var result = await DeliverAsync(delivery: delivery);

        Assert.Equal(new DeliveryResult(true), result);
        var received = Assert.Single(Receiver.Received);
        Assert.Equal((delivery.FollowUpId.ToString(), "1951668000"), (received.Id, received.Timestamp));
        Assert.Equal(
            WebhookSignature.Of(
                received.Id,
                1951668000,
                Encoding.UTF8.GetBytes(received.Body),
                [WebhookSignature.Key(Secret)!]
            ),
            received.Signature
        );
        Assert.Equal(
            ("anna", "sms", "+49 30 1234567", "post_event", delivery.Body, "https://book.example.org/unsubscribe/abc"),
            (
                received.Data.GetProperty("userId").GetString(),
                received.Data.GetProperty("channel").GetString(),
                received.Data.GetProperty("address").GetString(),
                received.Data.GetProperty("trigger").GetString(),
                received.Data.GetProperty("body").GetString(),
                received.Data.GetProperty("unsubscribeUrl").GetString()
            )
        );
    }

    [Fact]
    public async Task Another_attempt_posts_the_same_bytes_at_another_time()
    {
        var delivery = SomeDelivery.To("+49 30 1234567");

        await DeliverAsync(delivery: delivery);
        clock.Advance(TimeSpan.FromMinutes(5));
        await DeliverAsync(delivery: delivery with { Attempt = 2, SentAt = clock.GetUtcNow() });

        var received = Receiver.Received.ToArray();
        Assert.Equal((received[0].Id, received[0].Body), (received[1].Id, received[1].Body));
        Assert.NotEqual(received[0].Timestamp, received[1].Timestamp);
        Assert.NotEqual(received[0].Signature, received[1].Signature);
    }

    public static TheoryData<int, string?, DeliveryResult> Answers() =>
        new()
        {
            { 200, null, new DeliveryResult(true) },
            { 204, null, new DeliveryResult(true) },
            { 307, null, new DeliveryResult(false, "HTTP 307") },
            { 400, null, new DeliveryResult(false, "HTTP 400", Permanent: true) },
            { 401, null, new DeliveryResult(false, "HTTP 401") },
            { 404, null, new DeliveryResult(false, "HTTP 404") },
            { 410, null, new DeliveryResult(false, "HTTP 410", Gone: true) },
            { 422, null, new DeliveryResult(false, "HTTP 422", Permanent: true) },
            { 429, null, new DeliveryResult(false, "HTTP 429") },
            { 429, "7", new DeliveryResult(false, "HTTP 429", RetryAfter: TimeSpan.FromSeconds(7)) },
            { 429, "99999999", new DeliveryResult(false, "HTTP 429", RetryAfter: TimeSpan.FromDays(1)) },
            { 500, "7", new DeliveryResult(false, "HTTP 500") },
            {
                503,
                "Wed, 05 Nov 2031 18:02:00 GMT",
                new DeliveryResult(false, "HTTP 503", RetryAfter: TimeSpan.FromMinutes(2))
            },
            { 503, "Wed, 05 Nov 2031 17:00:00 GMT", new DeliveryResult(false, "HTTP 503", RetryAfter: TimeSpan.Zero) },
        };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task An_answer_means_what_it_says(int status, string? retryAfter, DeliveryResult expected)
    {
        Receiver.Answer = (_, response) =>
        {
            response.StatusCode = status;
            response.Headers.RetryAfter = retryAfter;
            response.Headers.Location = status == 307 ? "/elsewhere" : default;
            return Task.CompletedTask;
        };

        Assert.Equal(expected, await DeliverAsync());
    }

    [Fact]
    public async Task Refused_connection_delivered_nothing()
    {
        var result = await DeliverAsync(new Uri($"http://127.0.0.1:{FaultyLink.FreePort()}/hook"));

        Assert.Equal((false, false, "no answer: ConnectionError"), (result.Delivered, result.Uncertain, result.Error));
    }

    [Fact]
    public async Task Nothing_goes_to_a_receiver_that_nobody_vouches_for()
    {
        using var certificate = Some.Certificate();
        await using var unknown = await WebhookReceiver.StartAsync(certificate);

        var result = await DeliverAsync(unknown.Url);

        Assert.Equal(new DeliveryResult(false, "no answer: SecureConnectionError"), result);
        Assert.Empty(unknown.Received);
    }

    [Fact]
    public async Task Half_open_connection_leaves_it_uncertain()
    {
        await using var link = new FaultyLink(Receiver.Url.Port) { Silent = true };

        var result = await DeliverAsync(Through(link), timeout: 0.3);

        Assert.Equal(new DeliveryResult(false, "no answer in time", Uncertain: true), result);
    }

    [Fact]
    public async Task Slow_answer_leaves_it_uncertain()
    {
        var late = new TaskCompletionSource();
        Receiver.Answer = (_, _) => late.Task;

        var result = await DeliverAsync(timeout: 0.3);
        late.SetResult();

        Assert.Equal(new DeliveryResult(false, "no answer in time", Uncertain: true), result);
    }

    [Fact]
    public async Task Reply_lost_after_acceptance_leaves_it_uncertain()
    {
        await using var link = new FaultyLink(Receiver.Url.Port);
        Receiver.Answer = (_, _) =>
        {
            link.Cut();
            return Task.CompletedTask;
        };

        var result = await DeliverAsync(Through(link));

        Assert.Single(Receiver.Received);
        Assert.Equal((false, true), (result.Delivered, result.Uncertain));
    }
}
