using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Host.Pipeline;

// A date without an offset means another instant on every machine: it is refused.
internal sealed class OffsetDateTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TryParse(reader.GetString()!, out var instant)
            ? instant
            : throw new JsonException("A date with an offset or Z is needed, such as 2031-11-05T18:00:00Z.");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime);

    public static bool TryParse(string text, out DateTimeOffset instant)
    {
        instant = default;
        return text.Length >= 11
            && text[10] is 'T' or 't' or ' '
            && (text[^1] is 'Z' or 'z' || text.AsSpan(11).IndexOfAny('+', '-') >= 0)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out instant);
    }
}
