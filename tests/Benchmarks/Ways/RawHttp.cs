using System.Net.Sockets;
using System.Text;

namespace Benchmarks.Ways;

// Posts over one connection and allocates next to nothing, so that what is measured beside it is the service.
internal sealed class RawHttp : IDisposable
{
    private readonly Uri service;
    private readonly Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] buffer = new byte[64 * 1024];

    public RawHttp(Uri service)
    {
        this.service = service;
        socket.Connect(service.Host, service.Port);
    }

    public async Task PostAsync(string path, string json)
    {
        var request = Encoding.UTF8.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: {service.Authority}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}"
        );
        await socket.SendAsync(request);
        var read = 0;
        while (read == 0 || !IsWhole(buffer.AsSpan(0, read)))
        {
            read += await socket.ReceiveAsync(buffer.AsMemory(read));
        }

        if (!buffer.AsSpan(0, read).StartsWith("HTTP/1.1 20"u8))
        {
            throw new InvalidOperationException(Encoding.UTF8.GetString(buffer, 0, read));
        }
    }

    public void Dispose() => socket.Dispose();

    // The service writes its answers in chunks; a problem comes whole.
    private static bool IsWhole(ReadOnlySpan<byte> answer) =>
        answer.EndsWith("\r\n0\r\n\r\n"u8) || !answer.StartsWith("HTTP/1.1 20"u8);
}
