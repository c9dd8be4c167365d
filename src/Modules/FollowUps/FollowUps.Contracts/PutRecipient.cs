using System.Text.Json.Serialization;
using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// Replaces how a customer wants to be reached; what is absent goes back to its default. Pending follow-ups that the customer opts out of are
/// cancelled (<c>opted_out</c>) with it; those held by quiet hours or the frequency cap are judged again, and those due by
/// the customer's clock move with the zone. Null when the customer has been erased: nothing is kept then.
/// </summary>
public sealed record PutRecipient : IRequest<RecipientWrite?>
{
    /// <summary>The customer: 1 to 255 characters.</summary>
    public string UserId { get; init; } = "";

    /// <summary>An id of the IANA time zone database, such as <c>Europe/Berlin</c>; UTC when absent.</summary>
    public string? TimeZone { get; init; }

    /// <summary>A BCP 47 tag of a known language, such as <c>de-AT</c>; <c>en</c> when absent. Kept in its canonical spelling.</summary>
    public string? Locale { get; init; }

    /// <summary>
    /// By channel (a lower-case slug of at most 20 characters) an address of 1 to 320 characters that the channel takes: for <c>email</c> an
    /// e-mail address, for others what whoever set them up asks. At most 20.
    /// </summary>
    public IReadOnlyDictionary<string, string?>? Addresses { get; init; }

    /// <summary>Of post_event, reengagement, emotion_based, custom and all; one named twice counts once.</summary>
    public IReadOnlyList<string?>? OptOut { get; init; }

    /// <summary>When nothing may be sent; absent: at no time.</summary>
    public QuietHours? QuietHours { get; init; }

    /// <summary>How much is too much; absent: what the option <c>FollowUps:FrequencyCapMax</c> says.</summary>
    public FrequencyCap? FrequencyCap { get; init; }

    /// <summary>
    /// Tags (<see cref="Recipient.Tag" />) of which one must be that of what is kept now; null: whatever is. Over HTTP: the header If-Match.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<string>? IfMatch { get; init; }
}

/// <summary>What became of a change.</summary>
public enum RecipientWriteOutcome
{
    /// <summary>It stands.</summary>
    Done,

    /// <summary>Nothing changed: something else is kept than the caller saw.</summary>
    NotMatched,
}

/// <summary>A change of how a customer wants to be reached.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Recipient">What is kept after it.</param>
public sealed record RecipientWrite(RecipientWriteOutcome Outcome, Recipient Recipient);
