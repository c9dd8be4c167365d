using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Benchmarks.Stage;

// A far-away database on this machine: either direction hands on what it got half a round trip later, in order, streamed and at full bandwidth.
internal sealed class DelayProxy : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly int target;

    public DelayProxy(int target)
    {
        this.target = target;
        listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    // May change while connections are open.
    public TimeSpan RoundTrip { get; set; }

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await listener.AcceptSocketAsync(stop.Token);
            }
            catch (Exception problem) when (problem is OperationCanceledException or SocketException)
            {
                return;
            }

            _ = LinkAsync(client);
        }
    }

    private async Task LinkAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using (client)
        {
            try
            {
                client.NoDelay = server.NoDelay = true;
                await server.ConnectAsync(IPAddress.Loopback, target, stop.Token);
                await Task.WhenAll(PumpAsync(client, server), PumpAsync(server, client));
            }
            catch (Exception problem) when (problem is OperationCanceledException or SocketException)
            {
                // Either end has gone: so does the other.
            }
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var inFlight = Channel.CreateUnbounded<(long Due, byte[] Bytes)>(
            new() { SingleReader = true, SingleWriter = true }
        );
        var delivery = DeliverAsync(inFlight.Reader, to);
        var buffer = new byte[65_536];
        while (await from.ReceiveAsync(buffer, stop.Token) is > 0 and var length)
        {
            var due = Stopwatch.GetTimestamp() + (long)(RoundTrip.TotalSeconds / 2 * Stopwatch.Frequency);
            inFlight.Writer.TryWrite((due, buffer.AsSpan(0, length).ToArray()));
        }

        inFlight.Writer.Complete();
        await delivery;
        to.Shutdown(SocketShutdown.Send);
    }

    private async Task DeliverAsync(ChannelReader<(long Due, byte[] Bytes)> inFlight, Socket to)
    {
        await foreach (var (due, bytes) in inFlight.ReadAllAsync(stop.Token))
        {
            while (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) is { Ticks: > 0 } left)
            {
                // Timers tick in whole milliseconds.
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), stop.Token);
            }

            for (var sent = 0; sent < bytes.Length; )
            {
                sent += await to.SendAsync(bytes.AsMemory(sent), stop.Token);
            }
        }
    }
}
