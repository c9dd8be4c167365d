using System.Globalization;
using System.Text.RegularExpressions;
using FollowUps.Contracts;
using FollowUps.Scheduling;
using NodaTime;
using NodaTime.TimeZones;

namespace FollowUps.Recipients;

internal static partial class RecipientRules
{
    private const int MaxAddresses = 20;
    private const int MaxAddressLength = 320;
    private static readonly string[] OptOuts = ["post_event", "reengagement", "emotion_based", "custom", "all"];

    // Wrong says what is wrong with a channel's address.
    public static void Check(PutRecipient recipient, Func<string, string, string?> wrong, Action<string, string> fail)
    {
        FollowUpRules.CheckText("userId", recipient.UserId ?? "", FollowUpRules.MaxIdLength, fail);

        CheckZone("timeZone", recipient.TimeZone, fail);

        if (recipient.Locale is { } locale && !IsLocale(locale))
        {
            fail("locale", "It must be a known BCP 47 tag, such as en or de-AT.");
        }

        if (recipient.Addresses is { Count: > MaxAddresses })
        {
            fail("addresses", $"At most {MaxAddresses} are kept.");
        }

        foreach (var (channel, address) in recipient.Addresses ?? new Dictionary<string, string?>())
        {
            if (!IsChannel(channel))
            {
                fail("addresses", "A channel is a lower-case slug of at most 20 characters.");
                continue;
            }

            var whole = true;
            void Fail(string field, string problem)
            {
                whole = false;
                fail(field, problem);
            }

            FollowUpRules.CheckText($"addresses.{channel}", address ?? "", MaxAddressLength, Fail);
            if (whole && wrong(channel, address!) is { } problem)
            {
                Fail($"addresses.{channel}", problem);
            }
        }

        for (var i = 0; i < recipient.OptOut?.Count; i++)
        {
            if (!OptOuts.Contains(recipient.OptOut[i], StringComparer.Ordinal))
            {
                fail($"optOut[{i}]", $"One of {string.Join(", ", OptOuts)} is needed.");
            }
        }

        if (recipient.FrequencyCap is { } cap)
        {
            if (cap.Max is null or < 1 or > 1000)
            {
                fail("frequencyCap.max", "It must lie between 1 and 1000.");
            }

            if (cap.Per is not { } per || per < TimeSpan.FromMinutes(1) || per > TimeSpan.FromDays(366))
            {
                fail("frequencyCap.per", "It must lie between a minute and a year.");
            }
        }

        if (recipient.QuietHours is { } quiet)
        {
            CheckTime("quietHours.from", quiet.From, fail);
            CheckTime("quietHours.to", quiet.To, fail);
            if (Time(quiet.From) is { } from && from == Time(quiet.To))
            {
                fail("quietHours.to", "It must differ from the beginning.");
            }
        }
    }

    public static TimeOnly? Time(string? text) =>
        TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time
            : null;

    // What IANA keeps as old names without a continent (CET, EST), PostgreSQL takes for offsets that know no summer.
    public static string ZoneId(string zone) =>
        zone.Contains('/', StringComparison.Ordinal) || zone == Recipient.DefaultTimeZone
            ? zone
            : TzdbDateTimeZoneSource.Default.CanonicalIdMap[zone];

    public static void CheckZone(string field, string? zone, Action<string, string> fail)
    {
        if (zone is not null && !DateTimeZoneProviders.Tzdb.Ids.Contains(zone))
        {
            fail(field, "It must be an id of the IANA time zone database, such as Europe/Berlin.");
        }
    }

    public static bool IsChannel(string channel) => Slug.IsMatch(channel);

    public static void CheckTime(string field, string? text, Action<string, string> fail)
    {
        if (Time(text) is null)
        {
            fail(field, "A local time is needed, such as 21:30.");
        }
    }

    // ICU makes a culture for any well-formed tag; the predefined ones are those it has data for.
    public static bool IsLocale(string locale)
    {
        if (!LanguageTag.IsMatch(locale))
        {
            return false;
        }

        try
        {
            CultureInfo.GetCultureInfo(locale, predefinedOnly: true);
            return true;
        }
        catch (CultureNotFoundException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9_-]{0,19}\z")]
    private static partial Regex Slug { get; }

    [GeneratedRegex(@"\A[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?\z")]
    private static partial Regex LanguageTag { get; }
}
