using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Xml;

namespace Host.Pipeline;

// Durations come as ISO 8601 (PT36H) or hh:mm:ss.
internal sealed class DurationConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: > 0 } text)
        {
            if (TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var clock))
            {
                return clock;
            }

            // Months and years have no fixed length.
            var date = text.Split('T')[0];
            if (!date.Contains('Y', StringComparison.Ordinal) && !date.Contains('M', StringComparison.Ordinal))
            {
                try
                {
                    return XmlConvert.ToTimeSpan(text);
                }
                catch (Exception problem) when (problem is FormatException or OverflowException) { }
            }
        }

        throw new JsonException("A duration is needed, such as PT36H or 12:00:00.");
    }

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteStringValue(XmlConvert.ToString(value));
}
