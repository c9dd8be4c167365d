using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Testing;

// A collector: what a Host exports over OTLP (HTTP, protobuf) ends here. The numbers are the fields of opentelemetry/proto/trace/v1.
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<byte[]> bodies = new();
    private readonly WebApplication app;

    private OtlpReceiver(WebApplication app) => this.app = app;

    public ConcurrentQueue<ReceivedSpan> Spans { get; } = new();

    public string Url => app.Urls.First();

    // Of traces and metrics, as they came.
    public string Everything => string.Concat(bodies.Select(Encoding.Latin1.GetString));

    public bool HasMetric(string name) => Everything.Contains(name, StringComparison.Ordinal);

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        var receiver = new OtlpReceiver(builder.Build());
        receiver.app.MapPost("/v1/{signal}", receiver.ReceiveAsync);
        await receiver.app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext call, string signal)
    {
        using var buffer = new MemoryStream();
        await call.Request.Body.CopyToAsync(buffer);
        bodies.Enqueue(buffer.ToArray());
        if (signal != "traces")
        {
            return;
        }

        foreach (var resource in Messages(buffer.ToArray(), 1))
        {
            foreach (var scope in Messages(resource, 2))
            {
                var source = Text(Messages(scope, 1).Single(), 1);
                foreach (var span in Messages(scope, 2))
                {
                    Spans.Enqueue(Span(source, span));
                }
            }
        }
    }

    private static ReceivedSpan Span(string source, byte[] span) =>
        new(
            source,
            Text(span, 5),
            Convert.ToHexStringLower(Messages(span, 1).Single()),
            Convert.ToHexStringLower(Messages(span, 2).Single()),
            Convert.ToHexStringLower(Messages(span, 4).SingleOrDefault() ?? []),
            [.. Messages(span, 13).Select(link => Convert.ToHexStringLower(Messages(link, 2).Single()))],
            Messages(span, 9).ToDictionary(attribute => Text(attribute, 1), Value, StringComparer.Ordinal)
        );

    // A string, or a number as its digits.
    private static string Value(byte[] attribute)
    {
        var value = new CodedInputStream(Messages(attribute, 2).Single());
        return WireFormat.GetTagFieldNumber(value.ReadTag()) switch
        {
            1 => value.ReadString(),
            3 => $"{value.ReadInt64()}",
            _ => "",
        };
    }

    private static string Text(byte[] message, int field) =>
        Encoding.UTF8.GetString(Messages(message, field).SingleOrDefault() ?? []);

    private static IEnumerable<byte[]> Messages(byte[] message, int field)
    {
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field)
            {
                yield return input.ReadBytes().ToByteArray();
            }
            else
            {
                input.SkipLastField();
            }
        }
    }
}

public sealed record ReceivedSpan(
    string Source,
    string Name,
    string Trace,
    string Id,
    string Parent,
    IReadOnlyList<string> Links,
    IReadOnlyDictionary<string, string> Attributes
);
