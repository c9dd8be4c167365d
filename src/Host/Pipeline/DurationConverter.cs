using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using System.Xml;

namespace Host.Pipeline;

// Durations come as ISO 8601 (PT36H) or hh:mm:ss. Months and years have no fixed length.
internal sealed partial class DurationConverter : JsonConverter<TimeSpan>
{
    public const string Pattern = $"^({Iso}|{Clock})$";

    private const string Iso =
        @"P(?=[0-9T])([0-9]{1,6}D)?(T(?=[0-9])([0-9]{1,6}H)?([0-9]{1,6}M)?([0-9]{1,6}(\.[0-9]{1,7})?S)?)?";

    private const string Clock = @"([0-9]{1,3}\.)?([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]";

    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
        return !Shaped.IsMatch(text) ? throw new JsonException("A duration is needed, such as PT36H or 12:00:00.")
            : text[0] == 'P' ? XmlConvert.ToTimeSpan(text)
            : TimeSpan.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteStringValue(XmlConvert.ToString(value));

    [GeneratedRegex(@$"\A({Iso}|{Clock})\z")]
    private static partial Regex Shaped { get; }
}
