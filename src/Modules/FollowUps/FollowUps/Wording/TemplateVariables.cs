using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Fluid.Values;
using FollowUps.Contracts;
using NodaTime;

namespace FollowUps.Wording;

// What a template may use: these, and what it declares.
internal static partial class TemplateVariables
{
    public const string EventDate = "event_date";
    public const string BookingId = "booking_id";
    public const string DaysInactive = "days_inactive";
    public const string CustomMessage = "custom_message";
    public const string UserId = "user_id";

    public static readonly TemplateVariable[] Known =
    [
        new(
            EventDate,
            "The day of the event, on the customer's clocks and written the way of the customer's locale; nothing without an event.",
            "November 05, 2031"
        ),
        new(BookingId, "The booking that is followed; nothing without one.", "B-1042"),
        new(
            DaysInactive,
            "Whole days since the customer was last active, a number; only when writing after a silence.",
            "30"
        ),
        new(
            CustomMessage,
            "The text that the follow-up was scheduled with; nothing without one.",
            "Your menu is ready."
        ),
        new(UserId, "The customer.", "anna"),
    ];

    private static readonly DateTimeOffset SampleEvent = new(2031, 11, 5, 18, 0, 0, TimeSpan.Zero);

    public static bool IsKnown(string name) => Array.Exists(Known, known => known.Name == name);

    public static bool IsName(string? name) => name is { Length: <= 64 } && Name.IsMatch(name);

    // Something to show for all that the text may use.
    public static IEnumerable<KeyValuePair<string, FluidValue>> Samples(
        TemplateText text,
        string? locale,
        DateTimeZone? zone = null
    ) =>
        Known
            .Select(known =>
                KeyValuePair.Create<string, FluidValue>(
                    known.Name,
                    known.Name switch
                    {
                        EventDate => new StringValue(
                            Date(
                                Instant
                                    .FromDateTimeOffset(SampleEvent)
                                    .InZone(zone ?? DateTimeZone.Utc)
                                    .ToDateTimeOffset(),
                                locale
                            )
                        ),
                        DaysInactive => NumberValue.Create(30),
                        _ => new StringValue(known.Sample),
                    }
                )
            )
            .Concat(
                text.Variables.Select(name =>
                    KeyValuePair.Create<string, FluidValue>(name, new StringValue($"[{name}]"))
                )
            );

    public static string Date(DateTimeOffset eventAt, string? locale)
    {
        var culture = locale is null ? CultureInfo.InvariantCulture : CultureInfo.GetCultureInfo(locale);
        return culture.TwoLetterISOLanguageName is "en" or "iv"
            ? eventAt.ToString("MMMM dd, yyyy", CultureInfo.InvariantCulture)
            : eventAt.ToString("D", culture);
    }

    // The caller's own, a JSON object.
    public static IEnumerable<KeyValuePair<string, FluidValue>> Own(string? variables)
    {
        if (variables is null)
        {
            yield break;
        }

        using var document = JsonDocument.Parse(variables);
        foreach (var own in Own(document.RootElement))
        {
            yield return own;
        }
    }

    public static IEnumerable<KeyValuePair<string, FluidValue>> Own(JsonElement variables) =>
        variables.EnumerateObject().Select(member => KeyValuePair.Create(member.Name, Value(member.Value)));

    private static FluidValue Value(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.String => new StringValue(json.GetString()!),
            JsonValueKind.Number => json.TryGetDecimal(out var number)
                ? NumberValue.Create(number)
                : new StringValue(json.GetRawText()),
            JsonValueKind.True => BooleanValue.True,
            JsonValueKind.False => BooleanValue.False,
            JsonValueKind.Array => new ArrayValue([.. json.EnumerateArray().Select(Value)]),
            JsonValueKind.Object => new DictionaryValue(
                new FluidValueDictionaryFluidIndexable(Own(json).DistinctBy(m => m.Key).ToDictionary())
            ),
            _ => NilValue.Instance,
        };

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_-]*\z")]
    private static partial Regex Name { get; }
}
