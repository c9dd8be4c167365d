using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Testing;

// Leads to a server on this machine, and fails as told.
public sealed class FaultyLink : IAsyncDisposable
{
    private readonly ConcurrentDictionary<TcpClient, TcpClient> open = new();
    private readonly ConcurrentDictionary<TcpClient, bool> hushed = new();
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

    // Of what is open now neither end hears anything more, not even that it is over: so it is when a machine loses its power.
    public void Hush()
    {
        foreach (var (near, _) in open)
        {
            hushed[near] = true;
        }
    }

    public void Cut()
    {
        foreach (var (near, far) in open)
        {
            near.Client.Close(0);
            far.Close();
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
        open[near] = far;
        try
        {
            if (Silent)
            {
                await Task.Delay(Timeout.Infinite, stopping.Token);
            }

            await far.ConnectAsync(IPAddress.Loopback, target, stopping.Token);
            await Task.WhenAny(
                PassAsync(near, near.GetStream(), far.GetStream(), CutAfter),
                PassAsync(near, far.GetStream(), near.GetStream(), null)
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

        open.TryRemove(near, out _);
    }

    private async Task PassAsync(TcpClient near, NetworkStream from, NetworkStream to, long? cutAfter)
    {
        var buffer = new byte[4096];
        var passed = 0L;
        while (await from.ReadAsync(buffer, stopping.Token) is var read and > 0)
        {
            if (hushed.ContainsKey(near))
            {
                continue;
            }

            await to.WriteAsync(buffer.AsMemory(0, read), stopping.Token);
            passed += read;
            if (passed > cutAfter)
            {
                Cut();
            }
        }
    }
}
