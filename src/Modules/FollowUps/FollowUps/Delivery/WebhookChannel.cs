using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Text.Json;
using System.Text.Json.Serialization;
using FollowUps.Contracts;

namespace FollowUps.Delivery;

// Posts each follow-up to a receiver of the operator's, who takes it on to SMS, chat or whatever the channel is named for. The body is the
// same in every attempt, and so is webhook-id.
internal sealed class WebhookChannel(string name, WebhookOptions options, TimeProvider clock)
    : IDeliveryChannel,
        IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerOptions.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromDays(1);

    private readonly byte[][] keys =
    [
        .. new[] { options.Secret, options.PreviousSecret }.Select(WebhookSignature.Key).OfType<byte[]>(),
    ];

    private readonly HttpClient http = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = options.Timeout / 2,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        }
    )
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public string Name => name;

    public bool NeedsAddress => options.NeedsAddress;

    public bool RepeatsAreHarmless => options.RepeatsAreHarmless;

    public string? AddressProblem(string address) => options.WrongWith(address);

    public DeliveryPace Pace { get; } = new(1, options.Concurrency, options.PerSecond);

    public async Task<IReadOnlyList<DeliveryResult>> DeliverAsync(
        IReadOnlyList<Contracts.Delivery> deliveries,
        CancellationToken cancellationToken
    )
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(options.Timeout);
        try
        {
            using var request = Request(deliveries[0]);
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            return [Result(answer)];
        }
        catch (HttpRequestException problem)
        {
            var unsent =
                problem.HttpRequestError
                is HttpRequestError.ConnectionError
                    or HttpRequestError.NameResolutionError
                    or HttpRequestError.SecureConnectionError;
            return [new DeliveryResult(false, $"no answer: {problem.HttpRequestError}", Uncertain: !unsent)];
        }
        catch (OperationCanceledException)
        {
            // Its own cancellation is the handler's when no connection came about in time: nothing was sent then.
            return [new DeliveryResult(false, "no answer in time", Uncertain: timeout.IsCancellationRequested)];
        }
    }

    public void Dispose() => http.Dispose();

    private HttpRequestMessage Request(Contracts.Delivery delivery)
    {
        var id = delivery.FollowUpId.ToString();
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new Payload(
                "follow_up.due",
                new Text(
                    delivery.FollowUpId,
                    delivery.UserId,
                    name,
                    delivery.Address,
                    delivery.Trigger,
                    delivery.Subject,
                    delivery.Body,
                    delivery.Unsubscribe
                )
            ),
            Json
        );
        var request = new HttpRequestMessage(HttpMethod.Post, options.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(MediaTypeNames.Application.Json);
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", now.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", WebhookSignature.Of(id, now, body, keys));
        return request;
    }

    private DeliveryResult Result(HttpResponseMessage answer)
    {
        if (answer.IsSuccessStatusCode)
        {
            return new DeliveryResult(true);
        }

        var error = $"HTTP {(int)answer.StatusCode}";
        return answer.StatusCode switch
        {
            HttpStatusCode.Gone => new DeliveryResult(false, error, Gone: true),
            HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => new DeliveryResult(
                false,
                error,
                RetryAfter: RetryAfter(answer.Headers.RetryAfter)
            ),
            // The receiver looked at this one and will not have it. What is wrong with all of them (a key, a path) stays transient: an
            // operator can put it right.
            HttpStatusCode.BadRequest
            or HttpStatusCode.RequestEntityTooLarge
            or HttpStatusCode.UnsupportedMediaType
            or HttpStatusCode.UnprocessableEntity => new DeliveryResult(false, error, Permanent: true),
            _ => new DeliveryResult(false, error),
        };
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header)
    {
        var wait = header?.Delta ?? header?.Date - clock.GetUtcNow();
        return wait < TimeSpan.Zero ? TimeSpan.Zero
            : wait > LongestRetryAfter ? LongestRetryAfter
            : wait;
    }

    private sealed record Payload(string Type, Text Data);

    private sealed record Text(
        Guid FollowUpId,
        string UserId,
        string Channel,
        string? Address,
        FollowUpTrigger Trigger,
        string? Subject,
        string Body,
        Uri? UnsubscribeUrl
    );
}
