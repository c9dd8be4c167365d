using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace FollowUps.Delivery;

/// <summary>
/// What an operator may set under <c>FollowUps:Webhooks:{channel}</c>: each is a channel of that name, such as <c>sms</c> or <c>whatsapp</c>.
/// </summary>
internal sealed partial class WebhookOptions
{
    /// <summary>Where the channels find their options.</summary>
    public const string Section = $"{FollowUpsOptions.Section}:Webhooks";

    /// <summary>Where deliveries are posted to.</summary>
    public Uri? Url { get; set; }

    /// <summary>Signs them: <c>whsec_</c> and 24 to 64 bytes in base64. Best given as an environment variable.</summary>
    public string? Secret { get; set; }

    /// <summary>Signs them too, while a new secret takes over from an old one.</summary>
    public string? PreviousSecret { get; set; }

    /// <summary>For connecting, sending and the answer. Above 0, at most 5 minutes. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00", MinimumIsExclusive = true)]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Most calls at once of one Host. 1 to 1000. Default 16.</summary>
    [Range(1, 1000)]
    public int Concurrency { get; set; } = 16;

    /// <summary>Most calls a second of one Host. Above 0, at most 1 000 000. Default: any number.</summary>
    [Range(0d, 1_000_000, MinimumIsExclusive = true)]
    public double? PerSecond { get; set; }

    /// <summary>False for a receiver that knows itself where a customer is reached. Default true.</summary>
    public bool NeedsAddress { get; set; } = true;

    /// <summary>
    /// What a whole address on the channel looks like: a regular expression, such as <c>\+[1-9][0-9]{6,14}</c> for phone numbers. One that looks
    /// otherwise is refused where it is put. Default: any text.
    /// </summary>
    public string? AddressPattern { get; set; }

    /// <summary>True when the receiver drops what comes again under the same <c>webhook-id</c>. Default false.</summary>
    public bool RepeatsAreHarmless { get; set; }

    public string? WrongWith(string address) =>
        AddressPattern is null || Matches(address) ? null : $"It must look like {AddressPattern} as a whole.";

    public static IEnumerable<string> Problems(IReadOnlyDictionary<string, WebhookOptions> webhooks) =>
        webhooks.SelectMany(webhook => webhook.Value.Problems(webhook.Key));

    private IEnumerable<string> Problems(string name)
    {
        var section = $"{Section}:{name}";
        if (!Slug.IsMatch(name) || name is EmailChannel.ChannelName or OutboxChannel.ChannelName)
        {
            yield return $"{section}: a channel is a lower-case slug of at most 20 characters, other than email and outbox.";
        }

        if (Url is not { IsAbsoluteUri: true, Scheme: "http" or "https" })
        {
            yield return $"{section}:Url must be an http or https address.";
        }

        if (WebhookSignature.Key(Secret) is null)
        {
            yield return $"{section}:Secret must be whsec_ and 24 to 64 bytes in base64.";
        }

        if (PreviousSecret is not null && WebhookSignature.Key(PreviousSecret) is null)
        {
            yield return $"{section}:PreviousSecret must be whsec_ and 24 to 64 bytes in base64.";
        }

        if (!IsPattern())
        {
            yield return $"{section}:AddressPattern must be a regular expression, without look-around and references back.";
        }

        foreach (var problem in OptionRules.Problems(section, this))
        {
            yield return problem;
        }
    }

    // Whatever is matched, it takes no longer than the address is long.
    private bool Matches(string address) =>
        Regex.IsMatch(
            address,
            $@"\A(?:{AddressPattern})\z",
            RegexOptions.NonBacktracking | RegexOptions.CultureInvariant
        );

    private bool IsPattern()
    {
        try
        {
            _ = AddressPattern is null || Matches("");
            return true;
        }
        catch (Exception problem) when (problem is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9_-]{0,19}\z")]
    private static partial Regex Slug { get; }
}
