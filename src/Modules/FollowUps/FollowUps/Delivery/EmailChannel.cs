using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using FollowUps.Contracts;
using FollowUps.Wording;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace FollowUps.Delivery;

// Mail by SMTP over a few connections that are kept. The Message-ID is made of the follow-up's id: whoever drops repeats knows them by it.
internal sealed class EmailChannel(EmailOptions options, TimeProvider clock) : IDeliveryChannel, IDisposable
{
    public const string ChannelName = "email";

    private static readonly TimeSpan KeptIdle = TimeSpan.FromSeconds(30);

    private readonly MailboxAddress from = MailboxAddress.Parse(options.From!);
    private readonly ConcurrentStack<(SmtpClient Client, long Since)> idle = new();
    private readonly X509Certificate2? authority = options.AuthorityFile is { } file
        ? X509CertificateLoader.LoadCertificateFromFile(file)
        : null;

    public string Name => ChannelName;

    public bool NeedsAddress => true;

    public DeliveryPace Pace { get; } = new(1, options.Connections, options.PerSecond);

    public string? AddressProblem(string address) => WrongWith(address);

    public static string? WrongWith(string address) =>
        Mailbox(address) is null ? "It must be an e-mail address, such as anna@example.org." : null;

    public string ProviderKey(Guid followUpId) => $"{followUpId}@{from.Domain}";

    public async Task<IReadOnlyList<DeliveryResult>> DeliverAsync(
        IReadOnlyList<Contracts.Delivery> deliveries,
        CancellationToken cancellationToken
    )
    {
        if (Mailbox(deliveries[0].Address) is not { } to)
        {
            return [new DeliveryResult(false, "no e-mail address", Permanent: true)];
        }

        using var message = Message(deliveries[0], to);
        using var limit = new CancellationTokenSource(options.Timeout, clock);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        while (true)
        {
            var (client, kept) = Take();
            var handed = new Handed();
            try
            {
                if (!kept)
                {
                    await ConnectAsync(client, timeout.Token);
                }

                await client.SendAsync(message, timeout.Token, handed);
                return [new DeliveryResult(true)];
            }
            catch (SmtpCommandException problem)
            {
                return [Refused(problem)];
            }
            catch (Exception problem) when (problem is AuthenticationException or NotSupportedException)
            {
                return [new DeliveryResult(false, problem.GetType().Name)];
            }
            catch (Exception problem)
                when (problem
                        is IOException
                            or SocketException
                            or ProtocolException
                            or SslHandshakeException
                            or ServiceNotConnectedException
                            or OperationCanceledException
                )
            {
                // The server may have hung up on a connection that was kept: that says nothing of the message.
                if (!kept || handed.Whole || timeout.IsCancellationRequested)
                {
                    return [new DeliveryResult(false, problem.GetType().Name, Uncertain: handed.Whole)];
                }
            }
            finally
            {
                Keep(client);
            }
        }
    }

    public void Dispose()
    {
        while (idle.TryPop(out var kept))
        {
            kept.Client.Dispose();
        }

        authority?.Dispose();
    }

    private static MailboxAddress? Mailbox(string? address) =>
        MailboxAddress.TryParse(address, out var mailbox) && mailbox.Domain.Length > 0 ? mailbox : null;

    private (SmtpClient Client, bool Kept) Take()
    {
        while (idle.TryPop(out var kept))
        {
            if (clock.GetElapsedTime(kept.Since) < KeptIdle)
            {
                return (kept.Client, true);
            }

            kept.Client.Dispose();
        }

        return (
            new SmtpClient { ServerCertificateValidationCallback = authority is null ? null : SignedByAuthority },
            false
        );
    }

    private void Keep(SmtpClient client)
    {
        if (client.IsConnected)
        {
            idle.Push((client, clock.GetTimestamp()));
        }
        else
        {
            client.Dispose();
        }
    }

    private async Task ConnectAsync(SmtpClient client, CancellationToken cancellationToken)
    {
        var security = options.Security switch
        {
            EmailSecurity.Tls => SecureSocketOptions.SslOnConnect,
            EmailSecurity.None => SecureSocketOptions.None,
            _ => SecureSocketOptions.StartTls,
        };
        await client.ConnectAsync(options.Host!, options.Port, security, cancellationToken);
        if (options.UserName is { } user)
        {
            await client.AuthenticateAsync(user, options.Password!, cancellationToken);
        }
    }

    private bool SignedByAuthority(
        object sender,
        X509Certificate? certificate,
        X509Chain? chain,
        SslPolicyErrors errors
    )
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return false;
        }

        using var trusted = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                CustomTrustStore = { authority! },
            },
        };
        using var presented = new X509Certificate2(certificate);
        return trusted.Build(presented);
    }

    private MimeMessage Message(Contracts.Delivery delivery, MailboxAddress to)
    {
        var message = new MimeMessage
        {
            MessageId = ProviderKey(delivery.FollowUpId),
            Date = delivery.SentAt,
            Subject = delivery.Subject ?? options.Subject,
            Body = delivery.IsHtml
                ? new MultipartAlternative(
                    new TextPart("plain") { Text = Html.ToText(delivery.Body) },
                    new TextPart("html") { Text = delivery.Body }
                )
                : new TextPart("plain") { Text = delivery.Body },
        };
        message.From.Add(from);
        message.To.Add(to);
        if (options.ReplyTo is { } replyTo)
        {
            message.ReplyTo.Add(MailboxAddress.Parse(replyTo));
        }

        // RFC 3834: out-of-office answers stay away.
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        if (delivery.Unsubscribe is { } unsubscribe)
        {
            message.Headers.Add(HeaderId.ListUnsubscribe, $"<{unsubscribe.AbsoluteUri}>");
            message.Headers.Add(HeaderId.ListUnsubscribePost, "List-Unsubscribe=One-Click");
        }

        return message;
    }

    // Only the code: servers like to quote addresses. What is refused for good is this recipient or this message; a sender or a login that is
    // refused is the operator's to put right.
    private static DeliveryResult Refused(SmtpCommandException problem) =>
        new(
            false,
            string.Create(CultureInfo.InvariantCulture, $"SMTP {(int)problem.StatusCode} {problem.ErrorCode}"),
            Permanent: (int)problem.StatusCode >= 500
                && problem.ErrorCode is SmtpErrorCode.RecipientNotAccepted or SmtpErrorCode.MessageNotAccepted
        );

    // A server takes a message only when all of it has come: from then on, a lost connection no longer says that it was not taken.
    private sealed class Handed : ITransferProgress
    {
        public bool Whole { get; private set; }

        public void Report(long bytesTransferred, long totalSize) => Whole |= bytesTransferred >= totalSize;

        public void Report(long bytesTransferred) => Whole = true;
    }
}
