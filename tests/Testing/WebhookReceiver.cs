using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Testing;

// Keeps what it is posted, then answers as told.
public sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication app;

    private WebhookReceiver(WebApplication app) => this.app = app;

    public ConcurrentQueue<ReceivedWebhook> Received { get; } = new();

    public Func<ReceivedWebhook, HttpResponse, Task> Answer { get; set; } = (_, _) => Task.CompletedTask;

    public Uri Url => new($"{app.Urls.First()}/hook");

    public static async Task<WebhookReceiver> StartAsync(X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(
                IPAddress.Loopback,
                0,
                endpoint =>
                {
                    if (certificate is not null)
                    {
                        endpoint.UseHttps(certificate);
                    }
                }
            )
        );
        builder.Logging.ClearProviders();
        var receiver = new WebhookReceiver(builder.Build());
        receiver.app.MapPost("/hook/{from?}", receiver.ReceiveAsync);
        await receiver.app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext call)
    {
        using var body = new StreamReader(call.Request.Body);
        var received = new ReceivedWebhook(
            call.Request.Headers["webhook-id"].ToString(),
            call.Request.Headers["webhook-timestamp"].ToString(),
            call.Request.Headers["webhook-signature"].ToString(),
            await body.ReadToEndAsync(),
            call.Request.RouteValues["from"] as string
        );
        Received.Enqueue(received);
        await Answer(received, call.Response);
    }
}

public sealed record ReceivedWebhook(string Id, string Timestamp, string Signature, string Body, string? From)
{
    public JsonElement Data => JsonDocument.Parse(Body).RootElement.GetProperty("data");
}
