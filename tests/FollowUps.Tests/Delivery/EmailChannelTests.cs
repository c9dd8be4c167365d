using System.Text;
using FollowUps.Contracts;
using FollowUps.Delivery;
using Microsoft.Extensions.Time.Testing;
using MimeKit;
using SmtpServer.Protocol;
using Testing;

namespace FollowUps.Tests.Delivery;

public sealed class EmailChannelTests
{
    private const string Anna = "anna@customer.example";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static EmailOptions To(int port) =>
        new()
        {
            Host = "localhost",
            Port = port,
            Security = EmailSecurity.None,
            From = "Blue Kitchen <hello@bluekitchen.example>",
        };

    private static async Task<DeliveryResult> DeliverAsync(EmailOptions options, string? address = Anna)
    {
        using var channel = new EmailChannel(options, TimeProvider.System);
        return await DeliverAsync(channel, SomeDelivery.To(address));
    }

    private static async Task<DeliveryResult> DeliverAsync(EmailChannel channel, Contracts.Delivery delivery) =>
        Assert.Single(await channel.DeliverAsync([delivery], Token));

    private static MimeMessage Parse(string message) =>
        MimeMessage.Load(new MemoryStream(Encoding.UTF8.GetBytes(message)), Token);

    [Fact]
    public async Task Arrives_with_its_key_and_a_way_out()
    {
        await using var server = new MailReceiver();
        using var channel = new EmailChannel(To(server.Port), TimeProvider.System);
        var delivery = SomeDelivery.To(Anna);

        Assert.Equal(new DeliveryResult(true), await DeliverAsync(channel, delivery));

        var message = Parse(Assert.Single(server.Received));
        Assert.Equal($"{delivery.FollowUpId}@bluekitchen.example", message.MessageId);
        Assert.Equal(channel.ProviderKey(delivery.FollowUpId), message.MessageId);
        Assert.Equal("\"Blue Kitchen\" <hello@bluekitchen.example>", message.From.ToString());
        Assert.Equal(Anna, message.To.ToString());
        Assert.Equal((delivery.Subject, delivery.SentAt), (message.Subject, message.Date));
        Assert.Equal(delivery.Body, message.TextBody!.TrimEnd());
        Assert.Equal(
            ("<https://book.example.org/unsubscribe/abc>", "List-Unsubscribe=One-Click"),
            (message.Headers[HeaderId.ListUnsubscribe], message.Headers[HeaderId.ListUnsubscribePost])
        );
    }

    [Fact]
    public async Task Html_brings_its_text_along()
    {
        await using var server = new MailReceiver();
        using var channel = new EmailChannel(To(server.Port), TimeProvider.System);

        await DeliverAsync(channel, SomeDelivery.To(Anna) with { Body = "<p>Tom &amp; Ann</p>", IsHtml = true });

        var parts = Assert.IsType<MultipartAlternative>(Parse(Assert.Single(server.Received)).Body);
        Assert.Equal(["text/plain", "text/html"], parts.Select(part => part.ContentType.MimeType));
        Assert.Equal("Tom & Ann", parts.TextBody?.TrimEnd());
        Assert.Equal("<p>Tom &amp; Ann</p>", parts.HtmlBody?.TrimEnd());
    }

    [Fact]
    public async Task Without_a_link_or_a_subject_it_has_no_way_out_and_the_usual_subject()
    {
        await using var server = new MailReceiver();
        using var channel = new EmailChannel(To(server.Port), TimeProvider.System);

        await DeliverAsync(channel, SomeDelivery.To(Anna) with { Subject = null, Unsubscribe = null });

        var message = Parse(Assert.Single(server.Received));
        Assert.Equal("A message for you", message.Subject);
        Assert.False(message.Headers.Contains(HeaderId.ListUnsubscribe));
        Assert.False(message.Headers.Contains(HeaderId.ListUnsubscribePost));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Travels_under_tls_to_a_server_whose_authority_is_known(bool tlsFirst)
    {
        using var certificate = Some.Certificate();
        await using var server = new MailReceiver(certificate, tlsFirst) { Password = "sesame" };
        var authority = Path.GetTempFileName();
        await File.WriteAllTextAsync(authority, certificate.ExportCertificatePem(), Token);
        var options = To(server.Port);
        options.Security = tlsFirst ? EmailSecurity.Tls : EmailSecurity.StartTls;
        options.AuthorityFile = authority;
        (options.UserName, options.Password) = ("kitchen", "sesame");

        var result = await DeliverAsync(options);
        File.Delete(authority);

        Assert.Equal(new DeliveryResult(true), result);
        Assert.Equal([("kitchen", "sesame")], server.Logins);
    }

    [Fact]
    public async Task Nothing_goes_to_a_server_whose_authority_is_unknown()
    {
        using var certificate = Some.Certificate();
        await using var server = new MailReceiver(certificate);
        var options = To(server.Port);
        options.Security = EmailSecurity.StartTls;

        var result = await DeliverAsync(options);

        Assert.Equal(new DeliveryResult(false, "SslHandshakeException"), result);
        Assert.Empty(server.Received);
    }

    [Fact]
    public async Task Nothing_goes_to_a_server_that_shows_a_certificate_of_another()
    {
        using var certificate = Some.Certificate("mail.elsewhere.example");
        await using var server = new MailReceiver(certificate);
        var authority = Path.GetTempFileName();
        await File.WriteAllTextAsync(authority, certificate.ExportCertificatePem(), Token);
        var options = To(server.Port);
        options.Security = EmailSecurity.StartTls;
        options.AuthorityFile = authority;

        var result = await DeliverAsync(options);
        File.Delete(authority);

        Assert.Equal(new DeliveryResult(false, "SslHandshakeException"), result);
        Assert.Empty(server.Received);
    }

    [Fact]
    public async Task Nothing_goes_in_the_clear_where_tls_is_asked_for()
    {
        await using var server = new MailReceiver();
        var options = To(server.Port);
        options.Security = EmailSecurity.StartTls;

        var result = await DeliverAsync(options);

        Assert.Equal(new DeliveryResult(false, "NotSupportedException"), result);
        Assert.Empty(server.Received);
    }

    [Fact]
    public async Task Wrong_password_is_the_operators_to_put_right()
    {
        await using var server = new MailReceiver { Password = "sesame" };
        var options = To(server.Port);
        (options.UserName, options.Password) = ("kitchen", "open");

        var result = await DeliverAsync(options);

        Assert.Equal(new DeliveryResult(false, "AuthenticationException"), result);
        Assert.Empty(server.Received);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("anna")]
    [InlineData("anna@customer.example\r\nRCPT TO:<other@customer.example>")]
    public async Task What_is_no_address_fails_for_good(string? address)
    {
        await using var server = new MailReceiver();

        var result = await DeliverAsync(To(server.Port), address);

        Assert.Equal(new DeliveryResult(false, "no e-mail address", Permanent: true), result);
    }

    [Fact]
    public async Task Unknown_recipient_fails_for_good_without_being_named()
    {
        await using var server = new MailReceiver { Knows = _ => false };

        var result = await DeliverAsync(To(server.Port));

        Assert.Equal(new DeliveryResult(false, "SMTP 550 RecipientNotAccepted", Permanent: true), result);
    }

    [Theory]
    [InlineData(SmtpReplyCode.TransactionFailed, true)]
    [InlineData(SmtpReplyCode.InsufficientStorage, false)]
    public async Task Refused_message_fails_for_good_or_for_now(SmtpReplyCode code, bool permanent)
    {
        await using var server = new MailReceiver { Verdict = () => new SmtpResponse(code, $"{Anna} again") };

        var result = await DeliverAsync(To(server.Port));

        Assert.Equal(new DeliveryResult(false, $"SMTP {(int)code} MessageNotAccepted", Permanent: permanent), result);
    }

    [Fact]
    public async Task Refused_connection_delivered_nothing()
    {
        var result = await DeliverAsync(To(FaultyLink.FreePort()));

        Assert.Equal(new DeliveryResult(false, "SocketException"), result);
    }

    [Fact]
    public async Task Half_open_connection_delivered_nothing()
    {
        await using var link = new FaultyLink(0) { Silent = true };
        var options = To(link.Port);
        options.Timeout = TimeSpan.FromSeconds(0.3);

        var result = await DeliverAsync(options);

        Assert.Equal((false, false, false), (result.Delivered, result.Permanent, result.Uncertain));
    }

    [Fact]
    public async Task Reply_lost_after_acceptance_leaves_it_uncertain()
    {
        await using var server = new MailReceiver();
        await using var link = new FaultyLink(server.Port);
        server.Verdict = () =>
        {
            link.Cut();
            return null;
        };

        var result = await DeliverAsync(To(link.Port));

        Assert.Single(server.Received);
        Assert.Equal((false, true), (result.Delivered, result.Uncertain));
    }

    [Fact]
    public async Task Connection_cut_amid_the_message_delivered_nothing()
    {
        await using var server = new MailReceiver();
        await using var link = new FaultyLink(server.Port) { CutAfter = 50_000 };
        using var channel = new EmailChannel(To(link.Port), TimeProvider.System);

        var result = await DeliverAsync(
            channel,
            SomeDelivery.To(Anna) with
            {
                Body = string.Concat(Enumerable.Repeat("Thank you for having us.\n", 80_000)),
            }
        );

        Assert.Empty(server.Received);
        Assert.Equal((false, false, false), (result.Delivered, result.Permanent, result.Uncertain));
    }

    [Fact]
    public async Task Answer_that_does_not_come_in_time_leaves_it_uncertain()
    {
        var answering = new TaskCompletionSource();
        await using var server = new MailReceiver { Answering = answering.Task };
        var clock = new FakeTimeProvider();
        var options = To(server.Port);
        using var channel = new EmailChannel(options, clock);

        var delivering = DeliverAsync(channel, SomeDelivery.To(Anna));
        await Until.NotNull(() => Task.FromResult(server.Received.IsEmpty ? null : server));
        clock.Advance(options.Timeout);
        var result = await delivering;
        answering.SetResult();

        Assert.Equal((false, false, true), (result.Delivered, result.Permanent, result.Uncertain));
    }

    [Fact]
    public async Task Server_that_hung_up_meanwhile_is_called_again()
    {
        await using var server = new MailReceiver();
        await using var link = new FaultyLink(server.Port);
        using var channel = new EmailChannel(To(link.Port), TimeProvider.System);

        var first = await DeliverAsync(channel, SomeDelivery.To(Anna));
        link.Cut();
        var second = await DeliverAsync(channel, SomeDelivery.To(Anna));

        Assert.Equal((true, true), (first.Delivered, second.Delivered));
        Assert.Equal(2, server.Received.Count);
    }
}
