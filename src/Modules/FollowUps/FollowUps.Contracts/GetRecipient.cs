using MediatR;

namespace FollowUps.Contracts;

/// <summary>How a customer wants to be reached; one who was never put has the defaults. Null when the customer has been erased.</summary>
/// <param name="UserId">The customer: 1 to 255 characters.</param>
public sealed record GetRecipient(string UserId) : IRequest<Recipient?>;

/// <summary>How a customer wants to be reached.</summary>
public sealed record Recipient
{
    /// <summary>The zone of one who named none.</summary>
    public const string DefaultTimeZone = "UTC";

    /// <summary>The locale of one who named none.</summary>
    public const string DefaultLocale = "en";

    /// <summary>The customer.</summary>
    public required string UserId { get; init; }

    /// <summary>An IANA zone: quiet hours, local times and <c>event_date</c> are read on its clocks.</summary>
    public string TimeZone { get; init; } = DefaultTimeZone;

    /// <summary>A BCP 47 tag: dates are written its way.</summary>
    public string Locale { get; init; } = DefaultLocale;

    /// <summary>Where to reach the customer, by channel.</summary>
    public IReadOnlyDictionary<string, string> Addresses { get; init; } = new Dictionary<string, string>();

    /// <summary>What the customer does not want: triggers, or <c>all</c>.</summary>
    public IReadOnlyList<string> OptOut { get; init; } = [];

    /// <summary>When nothing may be sent; null: at no time.</summary>
    public QuietHours? QuietHours { get; init; }

    /// <summary>How much is too much; null: what the option <c>FollowUps:FrequencyCapMax</c> says, no cap by default.</summary>
    public FrequencyCap? FrequencyCap { get; init; }

    /// <summary>Changes with any of the above: what a change may be made from, and over HTTP the ETag.</summary>
    public required string Tag { get; init; }
}

/// <summary>
/// Most follow-ups in any stretch of a length, counted back from each moment and not by calendar days. What is due beyond it is held
/// (<c>frequency_cap</c>) until the oldest of those sent is that long ago, and goes stale like anything held.
/// </summary>
/// <param name="Max">1 to 1000; needed.</param>
/// <param name="Per">A minute to a year; needed.</param>
public sealed record FrequencyCap(int? Max, TimeSpan? Per);

/// <summary>
/// A daily span on the customer's clocks in which nothing is sent. What falls due in it waits for the first moment at which the clocks
/// show a time outside: a clock set forward over the end ends it at that jump, and an hour that clocks show twice is quiet twice.
/// </summary>
/// <param name="From">HH:mm, the first quiet minute.</param>
/// <param name="To">HH:mm, the first minute that is not; earlier than <paramref name="From" />: the span crosses midnight. Never equal to it.</param>
public sealed record QuietHours(string? From, string? To);
