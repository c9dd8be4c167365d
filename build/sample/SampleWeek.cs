using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sample;

// The week as its files tell it, one conversation each.
internal sealed record SampleWeek(IReadOnlyList<SampleConversation> Conversations)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    public static SampleWeek Read() =>
        new([
            .. Directory
                .EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "conversations"), "*.json")
                .Order(StringComparer.Ordinal)
                .Select(file => JsonSerializer.Deserialize<SampleConversation>(File.ReadAllText(file), Json)!),
        ]);
}

internal sealed record SampleConversation(
    string Id,
    string UserId,
    string Language,
    string Story,
    IReadOnlyList<SampleMessage> Messages,
    IReadOnlyList<SampleBooking>? Bookings,
    IReadOnlyList<SampleFollowUp>? FollowUps
);

// A message in the order of its arrival, which is not always that of its time.
internal sealed record SampleMessage(
    string At,
    string Role,
    string Channel,
    string Content,
    double? Score,
    double? LateScore,
    string? Label,
    bool Anonymous
)
{
    // From what was said and when: a line that stands twice is one message sent twice. RFC 9562, version 8.
    public Guid Id(string conversationId)
    {
        var words = Encoding.UTF8.GetBytes(string.Join('\0', conversationId, At, Role, Content));
        var hash = SHA256.HashData(words).AsSpan(0, 16);
        hash[6] = (byte)(0x80 | (hash[6] & 0x0F));
        hash[8] = (byte)(0x80 | (hash[8] & 0x3F));
        return new Guid(hash, bigEndian: true);
    }
}

internal sealed record SampleBooking(string Id, string Occasion, IReadOnlyList<SampleStep> Steps);

internal sealed record SampleStep(string At, string Step, string? EventAt, string? Message);

internal sealed record SampleFollowUp(
    string Trigger,
    string? LastActivityAt,
    string? ScheduledAt,
    string? Message,
    string? DedupeKey
);

// Times are told from the anchor, the moment of loading: "-6d 09:12" is that time of day, UTC, six days before the anchor's day;
// "-24h +45s" is a distance from the anchor itself.
internal static partial class Moment
{
    public static DateTimeOffset At(string words, DateTimeOffset anchor)
    {
        if (DayAndTime().Match(words) is { Success: true } day)
        {
            return new DateTimeOffset(anchor.UtcDateTime.Date, TimeSpan.Zero).AddDays(Number(day.Groups[1].Value))
                + TimeSpan.ParseExact(day.Groups[2].Value, @"hh\:mm", CultureInfo.InvariantCulture);
        }

        var parts = words.Split(' ').Select(word => Distance().Match(word)).ToList();
        return parts.TrueForAll(part => part.Success)
            ? parts.Aggregate(anchor, (at, part) => at + Span(Number(part.Groups[1].Value), part.Groups[2].Value))
            : throw new FormatException($"\"{words}\" is neither a day and a time nor a distance.");
    }

    private static int Number(string digits) => int.Parse(digits, CultureInfo.InvariantCulture);

    private static TimeSpan Span(int number, string unit) =>
        unit switch
        {
            "d" => TimeSpan.FromDays(number),
            "h" => TimeSpan.FromHours(number),
            "m" => TimeSpan.FromMinutes(number),
            _ => TimeSpan.FromSeconds(number),
        };

    [GeneratedRegex(@"^([+-]\d+)d (\d\d:\d\d)$")]
    private static partial Regex DayAndTime();

    [GeneratedRegex(@"^([+-]\d+)([dhms])$")]
    private static partial Regex Distance();
}
