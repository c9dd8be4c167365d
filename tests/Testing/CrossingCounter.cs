using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace Testing;

// Stands between Npgsql and PostgreSQL and counts crossings: a request that waits for its answer ends in a Sync, or is a simple Query. Each
// module names itself in its connections (application_name), so one module's crossings are told from another's.
public sealed class CrossingCounter : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, int> crossings = new(StringComparer.Ordinal);
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly NpgsqlConnectionStringBuilder target;
    private readonly Task accepting;

    public CrossingCounter(string connectionString)
    {
        target = new NpgsqlConnectionStringBuilder(connectionString);
        listener.Start();
        accepting = AcceptAsync();
        ConnectionString = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Host = "127.0.0.1",
            Port = ((IPEndPoint)listener.LocalEndpoint).Port,
            SslMode = SslMode.Disable,
            GssEncryptionMode = GssEncryptionMode.Disable,
        }.ConnectionString;
    }

    // Leads through the counter.
    public string ConnectionString { get; }

    public int Of(string applicationName) => crossings.GetValueOrDefault(applicationName);

    public Task<int> MeasureAsync(string applicationName, Func<Task> operation) =>
        MeasureAsync(applicationName, () => Task.FromResult(operation));

    // What an operation costs. It is run once before, so that connections are open and types are known; the least of three counts, since what
    // the host does beside it can only add. Each is prepared afresh: a second cancellation, say, does less than the first.
    public async Task<int> MeasureAsync(string applicationName, Func<Task<Func<Task>>> prepare)
    {
        await (await prepare())();
        var least = int.MaxValue;
        for (var i = 0; i < 3; i++)
        {
            var operation = await prepare();
            var before = Of(applicationName);
            await operation();
            least = Math.Min(least, Of(applicationName) - before);
        }

        return least;
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Stop();
        await accepting;
        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ForwardAsync(await listener.AcceptTcpClientAsync(stopping.Token)));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException) { }

        await Task.WhenAll(connections);
    }

    private async Task ForwardAsync(TcpClient client)
    {
        using var near = client;
        using var far = new TcpClient { NoDelay = true };
        near.NoDelay = true;
        try
        {
            await far.ConnectAsync(target.Host!, target.Port, stopping.Token);
            await Task.WhenAny(
                CountAsync(near.GetStream(), far.GetStream()),
                far.GetStream().CopyToAsync(near.GetStream(), stopping.Token)
            );
        }
        catch (Exception end) when (end is OperationCanceledException or IOException or SocketException) { }
    }

    // Counted before it is passed on: whoever has the answer sees the count.
    private async Task CountAsync(NetworkStream from, NetworkStream to)
    {
        try
        {
            var startup = await ReadAsync(from, typed: false);
            var name = ApplicationName(startup.AsSpan(8));
            await to.WriteAsync(startup, stopping.Token);
            while (true)
            {
                var message = await ReadAsync(from, typed: true);
                if (message[0] == (byte)'S' || (message[0] == (byte)'Q' && !IsAhead(message)))
                {
                    crossings.AddOrUpdate(name, 1, (_, count) => count + 1);
                }

                await to.WriteAsync(message, stopping.Token);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or IOException) { }
    }

    // What Npgsql sends in one packet with the next request, without waiting for the answer: a pooled connection's reset (the second one
    // where statements stay prepared) and a transaction's begin.
    private static bool IsAhead(ReadOnlySpan<byte> query) =>
        query[5..].StartsWith("DISCARD ALL"u8)
        || query[5..].StartsWith("SET SESSION AUTHORIZATION DEFAULT"u8)
        || query[5..].StartsWith("BEGIN"u8);

    // A message is its type (one byte, but for the first message), its length with the length's own four bytes, and its content.
    private async Task<byte[]> ReadAsync(NetworkStream stream, bool typed)
    {
        var header = new byte[typed ? 5 : 4];
        await stream.ReadExactlyAsync(header, stopping.Token);
        var message = new byte[
            header.Length - 4 + BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(header.Length - 4))
        ];
        header.CopyTo(message, 0);
        await stream.ReadExactlyAsync(message.AsMemory(header.Length), stopping.Token);
        return message;
    }

    private static string ApplicationName(ReadOnlySpan<byte> parameters)
    {
        var words = Encoding.UTF8.GetString(parameters).Split('\0');
        return Array.IndexOf(words, "application_name") is var at and >= 0 ? words[at + 1] : "";
    }
}
