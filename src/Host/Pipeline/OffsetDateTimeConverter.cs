using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Host.Pipeline;

// As RFC 3339 writes instants, within the years that are kept. A date without an offset means another instant on every machine: it is refused.
internal sealed partial class OffsetDateTimeConverter : JsonConverter<DateTimeOffset>
{
    public const string Pattern = $"^{Shape}$";
    public const string Wanted =
        "A date with an offset or Z is needed, such as 2031-11-05T18:00:00Z, of the years 1900 to 9000.";

    private const string Shape =
        @"(19[0-9]{2}|[2-8][0-9]{3}|9000)-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]{1,9})?([Zz]|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TryParse(reader.GetString()!, out var instant)
            ? instant
            : throw new JsonException(Wanted);

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime);

    public static bool TryParse(string text, out DateTimeOffset instant)
    {
        instant = default;
        return Shaped.IsMatch(text)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out instant);
    }

    [GeneratedRegex(@$"\A{Shape}\z")]
    private static partial Regex Shaped { get; }
}
