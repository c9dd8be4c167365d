using System.ComponentModel.DataAnnotations;
using MimeKit;

namespace FollowUps.Delivery;

/// <summary>How a connection to the mail server is kept from others' eyes.</summary>
internal enum EmailSecurity
{
    /// <summary>STARTTLS; a server without it gets no mail.</summary>
    StartTls,

    /// <summary>TLS from the first byte (port 465).</summary>
    Tls,

    /// <summary>None: for a server on this machine.</summary>
    None,
}

/// <summary>What an operator may set under <c>FollowUps:Email</c>. The channel <c>email</c> exists when <see cref="Host" /> is set.</summary>
internal sealed class EmailOptions
{
    /// <summary>Where the channel finds its options.</summary>
    public const string Section = $"{FollowUpsOptions.Section}:Email";

    /// <summary>The mail server.</summary>
    public string? Host { get; set; }

    /// <summary>Its port. 1 to 65535. Default 587.</summary>
    [Range(1, 65_535)]
    public int Port { get; set; } = 587;

    /// <summary><c>StartTls</c> (default), <c>Tls</c> or <c>None</c>.</summary>
    public EmailSecurity Security { get; set; }

    /// <summary>A PEM file of the authority that signed the server's certificate, for one that this machine does not know.</summary>
    public string? AuthorityFile { get; set; }

    /// <summary>With <see cref="Password" />, when the server wants to know who sends.</summary>
    public string? UserName { get; set; }

    /// <summary>Best given as an environment variable.</summary>
    public string? Password { get; set; }

    /// <summary>The sender, such as <c>Blue Kitchen &lt;hello@bluekitchen.example&gt;</c>. Its domain is that of the Message-IDs.</summary>
    public string? From { get; set; }

    /// <summary>Where answers go; the sender when absent.</summary>
    public string? ReplyTo { get; set; }

    /// <summary>Of messages whose template has none. Default <c>A message for you</c>.</summary>
    public string Subject { get; set; } = "A message for you";

    /// <summary>For connecting and sending one message. Above 0, at most 5 minutes. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00", MinimumIsExclusive = true)]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Most connections at once of one Host. 1 to 1000. Default 4.</summary>
    [Range(1, 1000)]
    public int Connections { get; set; } = 4;

    /// <summary>Most messages a second of one Host. Above 0, at most 1 000 000. Default: any number.</summary>
    [Range(0d, 1_000_000, MinimumIsExclusive = true)]
    public double? PerSecond { get; set; }

    public IEnumerable<string> Problems()
    {
        if (Host is null)
        {
            yield break;
        }

        if (!MailboxAddress.TryParse(From, out var from) || !from.Address.Contains('@', StringComparison.Ordinal))
        {
            yield return $"{Section}:From must be an e-mail address.";
        }

        if (ReplyTo is not null && !MailboxAddress.TryParse(ReplyTo, out _))
        {
            yield return $"{Section}:ReplyTo must be an e-mail address.";
        }

        if (UserName is null != Password is null)
        {
            yield return $"{Section}: UserName and Password go together.";
        }

        if (AuthorityFile is not null && !File.Exists(AuthorityFile))
        {
            yield return $"{Section}:AuthorityFile names no file.";
        }

        foreach (var problem in OptionRules.Problems(Section, this))
        {
            yield return problem;
        }
    }
}
