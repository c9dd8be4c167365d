using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SmtpServer;
using SmtpServer.Authentication;
using SmtpServer.Mail;
using SmtpServer.Protocol;
using SmtpServer.Storage;
using ServiceProvider = SmtpServer.ComponentModel.ServiceProvider;

namespace Testing;

// A mail server that keeps what it takes, as it was on the wire.
public sealed class MailReceiver : MessageStore, IMailboxFilter, IUserAuthenticator, IAsyncDisposable
{
    private readonly SmtpServer.SmtpServer server;
    private readonly CancellationTokenSource stopping = new();
    private readonly Task running;

    public MailReceiver(X509Certificate2? certificate = null, bool tlsFirst = false)
    {
        Port = FaultyLink.FreePort();
        var options = new SmtpServerOptionsBuilder()
            .ServerName("localhost")
            .Endpoint(endpoint =>
            {
                endpoint
                    .Endpoint(new IPEndPoint(IPAddress.Loopback, Port))
                    .IsSecure(tlsFirst)
                    .AllowUnsecureAuthentication();
                if (certificate is not null)
                {
                    endpoint.Certificate(certificate);
                }
            })
            .Build();
        var services = new ServiceProvider();
        services.Add((IMessageStore)this);
        services.Add((IMailboxFilter)this);
        services.Add((IUserAuthenticator)this);
        server = new SmtpServer.SmtpServer(options, services);
        running = server.StartAsync(stopping.Token);
    }

    public int Port { get; }

    public ConcurrentQueue<string> Received { get; } = new();

    public ConcurrentQueue<(string User, string Password)> Logins { get; } = new();

    // What it says when it has a message; null: it takes it.
    public Func<SmtpResponse?> Verdict { get; set; } = () => null;

    // It has the message by then, and says nothing.
    public Task Answering { get; set; } = Task.CompletedTask;

    public Func<string, bool> Knows { get; set; } = _ => true;

    public string? Password { get; set; }

    public override async Task<SmtpResponse> SaveAsync(
        ISessionContext context,
        IMessageTransaction transaction,
        ReadOnlySequence<byte> buffer,
        CancellationToken cancellationToken
    )
    {
        Received.Enqueue(Encoding.UTF8.GetString(buffer));
        await Answering;
        return Verdict() ?? SmtpResponse.Ok;
    }

    public Task<bool> CanAcceptFromAsync(
        ISessionContext context,
        IMailbox @from,
        int size,
        CancellationToken cancellationToken
    ) => Task.FromResult(true);

    public Task<bool> CanDeliverToAsync(
        ISessionContext context,
        IMailbox to,
        IMailbox @from,
        CancellationToken cancellationToken
    ) => Task.FromResult(Knows($"{to.User}@{to.Host}"));

    public Task<bool> AuthenticateAsync(
        ISessionContext context,
        string user,
        string password,
        CancellationToken cancellationToken
    )
    {
        Logins.Enqueue((user, password));
        return Task.FromResult(password == Password);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running;
        stopping.Dispose();
    }
}
