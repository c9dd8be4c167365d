using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Host.Tests.OpenApi;

// Holds JSON against a schema of the document; a keyword that it does not know is a fault of its own. Yields the fields that are wrong, named
// as the API names them.
internal sealed class DocumentChecker(JsonElement document)
{
    private static readonly string[] Known =
    [
        .. "type enum format pattern description default $ref oneOf properties required additionalProperties items".Split(
            ' '
        ),
        .. "minLength maxLength minimum maximum minItems maxItems maxProperties".Split(' '),
    ];

    public JsonElement Resolve(JsonElement schema) =>
        schema.TryGetProperty("$ref", out var reference)
            ? document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()![21..])
            : schema;

    // Closed: a property that the schema does not name is wrong too, as it is in what we answer.
    public IEnumerable<string> Wrong(JsonElement value, JsonElement schema, string at = "", bool closed = false)
    {
        schema = Resolve(schema);
        if (schema.EnumerateObject().Select(keyword => keyword.Name).Except(Known).FirstOrDefault() is { } unknown)
        {
            throw new NotSupportedException($"{unknown} at {at}");
        }

        if (schema.TryGetProperty("oneOf", out var either))
        {
            return either.EnumerateArray().Any(one => !Wrong(value, one, at, closed).Any()) ? []
                : value.ValueKind == JsonValueKind.Null ? [at]
                : either
                    .EnumerateArray()
                    .Where(one => !one.TryGetProperty("type", out _))
                    .SelectMany(one => Wrong(value, one, at, closed));
        }

        if (schema.TryGetProperty("type", out var type) && !Types(type).Any(name => Is(value, name)))
        {
            return [at];
        }

        if (
            schema.TryGetProperty("enum", out var words)
            && value.ValueKind != JsonValueKind.Null
            && !words.EnumerateArray().Any(word => word.GetRawText() == value.GetRawText())
        )
        {
            return [at];
        }

        return value.ValueKind switch
        {
            JsonValueKind.String => IsText(value, schema) ? [] : [at],
            JsonValueKind.Number => IsWithin(value, schema) ? [] : [at],
            JsonValueKind.Array => InArray(value, schema, at, closed),
            JsonValueKind.Object => InObject(value, schema, at, closed),
            _ => [],
        };
    }

    public static IEnumerable<string> Types(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array
            ? type.EnumerateArray().Select(one => one.GetString()!)
            : [type.GetString()!];

    private static bool Is(JsonElement value, string type) =>
        type switch
        {
            "null" => value.ValueKind == JsonValueKind.Null,
            "string" => value.ValueKind == JsonValueKind.String,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            "number" => value.ValueKind == JsonValueKind.Number,
            "array" => value.ValueKind == JsonValueKind.Array,
            "object" => value.ValueKind == JsonValueKind.Object,
            _ => throw new NotSupportedException(type),
        };

    private static bool IsText(JsonElement value, JsonElement schema)
    {
        string text;
        try
        {
            text = value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return false;
        }

        var length = text.EnumerateRunes().Count();
        return !text.Contains('\0')
            && (!schema.TryGetProperty("minLength", out var min) || length >= min.GetInt32())
            && (!schema.TryGetProperty("maxLength", out var max) || length <= max.GetInt32())
            && (
                !schema.TryGetProperty("pattern", out var pattern)
                || Regex.IsMatch(text, pattern.GetString()!.Replace("$", "\\z", StringComparison.Ordinal))
            )
            && (!schema.TryGetProperty("format", out var format) || Has(text, format.GetString()!));
    }

    private static bool Has(string text, string format) =>
        format switch
        {
            "uuid" => Guid.TryParseExact(text, "D", out _),
            "date-time" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _)
                && text.Length > 18
                && text[10] is 'T' or 't',
            "duration" => text is ['P' or '-', ..],
            _ => throw new NotSupportedException(format),
        };

    private static bool IsWithin(JsonElement value, JsonElement schema) =>
        double.IsFinite(value.GetDouble())
        && (
            !schema.TryGetProperty("format", out var format)
            || format.GetString() != "int32"
            || value.TryGetInt32(out _)
        )
        && (!schema.TryGetProperty("minimum", out var min) || value.GetDouble() >= min.GetDouble())
        && (!schema.TryGetProperty("maximum", out var max) || value.GetDouble() <= max.GetDouble());

    private IEnumerable<string> InArray(JsonElement value, JsonElement schema, string at, bool closed)
    {
        if (
            (schema.TryGetProperty("minItems", out var min) && value.GetArrayLength() < min.GetInt32())
            || (schema.TryGetProperty("maxItems", out var max) && value.GetArrayLength() > max.GetInt32())
        )
        {
            return [at];
        }

        return schema.TryGetProperty("items", out var items)
            ? value.EnumerateArray().SelectMany((item, i) => Wrong(item, items, $"{at}[{i}]", closed))
            : [];
    }

    private IEnumerable<string> InObject(JsonElement value, JsonElement schema, string at, bool closed)
    {
        var dot = at.Length == 0 ? "" : ".";
        foreach (
            var needed in schema.TryGetProperty("required", out var required) ? required.EnumerateArray() : default
        )
        {
            if (!value.TryGetProperty(needed.GetString()!, out _))
            {
                yield return $"{at}{dot}{needed.GetString()}";
            }
        }

        if (schema.TryGetProperty("maxProperties", out var max) && value.EnumerateObject().Count() > max.GetInt32())
        {
            yield return at;
        }

        foreach (var member in value.EnumerateObject())
        {
            var field = $"{at}{dot}{member.Name}";
            if (schema.TryGetProperty("properties", out var fields) && fields.TryGetProperty(member.Name, out var own))
            {
                foreach (var wrong in Wrong(member.Value, own, field, closed))
                {
                    yield return wrong;
                }
            }
            else if (
                schema.TryGetProperty("additionalProperties", out var others)
                && others.ValueKind == JsonValueKind.Object
            )
            {
                foreach (var wrong in Wrong(member.Value, others, field, closed))
                {
                    yield return wrong;
                }
            }
            else if (closed && fields.ValueKind == JsonValueKind.Object)
            {
                yield return field;
            }
        }
    }
}
