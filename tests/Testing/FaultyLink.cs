using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Testing;

// Leads to a server on this machine, and fails as told.
public sealed class FaultyLink : IAsyncDisposable
{
    private readonly ConcurrentDictionary<TcpClient, byte> open = new();
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly int target;
    private readonly Task accepting;

    public FaultyLink(int target)
    {
        this.target = target;
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    // Half-open: it accepts, and nothing comes of it.
    public bool Silent { get; set; }

    // Cut when so much went towards the server.
    public long? CutAfter { get; set; }

    // Nobody listens there: connections are refused.
    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public void Cut()
    {
        foreach (var (client, _) in open)
        {
            client.Client.Close(0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Stop();
        Cut();
        await accepting;
        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var links = new List<Task>();
        try
        {
            while (true)
            {
                links.Add(LinkAsync(await listener.AcceptTcpClientAsync(stopping.Token)));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException) { }

        await Task.WhenAll(links);
    }

    private async Task LinkAsync(TcpClient client)
    {
        using var near = client;
        using var far = new TcpClient { NoDelay = true };
        near.NoDelay = true;
        open[client] = 0;
        try
        {
            if (Silent)
            {
                await Task.Delay(Timeout.Infinite, stopping.Token);
            }

            await far.ConnectAsync(IPAddress.Loopback, target, stopping.Token);
            await Task.WhenAny(
                SendAsync(near.GetStream(), far.GetStream()),
                far.GetStream().CopyToAsync(near.GetStream(), stopping.Token)
            );
        }
        catch (Exception end)
            when (end
                    is OperationCanceledException
                        or IOException
                        or SocketException
                        or ObjectDisposedException
                        or InvalidOperationException
            )
        {
            // Cut, or either end has gone.
        }

        open.TryRemove(client, out _);
    }

    private async Task SendAsync(NetworkStream near, NetworkStream far)
    {
        var buffer = new byte[4096];
        var sent = 0L;
        while (await near.ReadAsync(buffer, stopping.Token) is var read and > 0)
        {
            await far.WriteAsync(buffer.AsMemory(0, read), stopping.Token);
            sent += read;
            if (sent > CutAfter)
            {
                Cut();
            }
        }
    }
}
