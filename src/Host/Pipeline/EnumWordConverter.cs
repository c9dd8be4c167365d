using System.Text.Json;
using System.Text.Json.Serialization;

namespace Host.Pipeline;

// An enum value is one of its words, spelled as the document spells it. (The framework's converter also takes PostEvent and "custom, reengagement".)
internal sealed class EnumWordConverter : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum;

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Converter<>).MakeGenericType(typeToConvert))!;

    public static string Word(Enum value) => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    public static IEnumerable<string> Words(Type type) => Enum.GetValues(type).Cast<Enum>().Select(Word);

    private sealed class Converter<T> : JsonConverter<T>
        where T : struct, Enum
    {
        private static readonly (T Value, JsonEncodedText Word)[] All =
        [
            .. Enum.GetValues<T>().Select(value => (value, JsonEncodedText.Encode(Word(value)))),
        ];

        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                foreach (var (value, word) in All)
                {
                    if (reader.ValueTextEquals(word.EncodedUtf8Bytes))
                    {
                        return value;
                    }
                }
            }

            throw new JsonException($"It is none of those allowed: {string.Join(", ", Words(typeof(T)))}.");
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(Array.Find(All, one => EqualityComparer<T>.Default.Equals(one.Value, value)).Word);
    }
}
