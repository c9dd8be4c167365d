using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Host.Tests.OpenApi;

// One request made from the document, and the fields that the document says are wrong in it.
internal sealed record FuzzedRequest(
    string Call,
    string Path,
    string? Body,
    string? MediaType,
    IReadOnlyList<(string Name, string Value)> Headers,
    IReadOnlyList<string> Wrong
)
{
    public HttpRequestMessage Message(Uri host)
    {
        var message = new HttpRequestMessage(
            new HttpMethod(Call.Split(' ')[0]),
            new Uri(
                $"{host}{Path.TrimStart('/')}",
                new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
            )
        );
        foreach (var (name, value) in Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        if (Body is not null)
        {
            message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Body));
            message.Content.Headers.ContentType = MediaType is null ? null : MediaTypeHeaderValue.Parse(MediaType);
        }

        return message;
    }

    public override string ToString() =>
        $"{Call}\n{Path}\n{string.Join('\n', Headers)}\n{MediaType} {(Body?.Length > 4000 ? Body[..4000] : Body)}\nwrong: {string.Join(' ', Wrong)}";
}

// Makes requests of every call that the document tells of: mostly right, with boundaries and nonsense in places.
internal sealed class DocumentRequests
{
    private static readonly string[] Samples =
    [
        .. "email sms x a2345678901234567890 A en de-AT fr_FR 07:30 22:00 24:00 PT36H P1D 12:00:00 P1M PT1M all dish".Split(
            ' '
        ),
        .. "2031-11-05T18:00:00Z 2020-02-29T23:59:59.123456+05:30 1900-01-01T00:00:00Z 9000-12-31T23:59:59Z".Split(' '),
        .. "1899-12-31T23:59:59Z 9001-01-01T00:00:00Z 2031-11-05T18:00:00 2031-02-30T00:00:00Z Europe/Berlin custom".Split(
            ' '
        ),
        "",
    ];

    private static readonly string[] Nonsense =
    [
        "null",
        "7",
        "-1",
        "1.5",
        "1e400",
        "true",
        "[]",
        "{}",
        "\"\"",
        "\"x\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "[null]",
        "{\"a\":{\"b\":[1e308]}}",
    ];

    private readonly Dictionary<string, (string Path, JsonElement Operation)> calls;

    public DocumentRequests(JsonElement document)
    {
        Checker = new(document);
        calls = document
            .GetProperty("paths")
            .EnumerateObject()
            .Where(path => path.Name.StartsWith("/api/v1", StringComparison.Ordinal))
            .SelectMany(path =>
                path.Value.EnumerateObject()
                    .Select(call => ($"{call.Name.ToUpperInvariant()} {path.Name}", (path.Name, call.Value)))
            )
            .ToDictionary(call => call.Item1, call => call.Item2);
    }

    public DocumentChecker Checker { get; }

    public IReadOnlyCollection<string> Calls => calls.Keys;

    // The schema is undefined where no body is declared.
    public bool Answer(FuzzedRequest request, int status, out JsonElement schema, out IEnumerable<string> headers)
    {
        schema = default;
        headers = [];
        if (
            !calls[request.Call]
                .Operation.GetProperty("responses")
                .TryGetProperty(status.ToString(CultureInfo.InvariantCulture), out var response)
        )
        {
            return false;
        }

        headers = response.TryGetProperty("headers", out var all) ? all.EnumerateObject().Select(h => h.Name) : [];
        return !response.TryGetProperty("content", out var content)
            || content.EnumerateObject().First().Value.TryGetProperty("schema", out schema);
    }

    public FuzzedRequest Make(Random random, IEnumerable<string> seen, IEnumerable<string> tags)
    {
        var (name, (path, call)) = calls.ElementAt(random.Next(calls.Count));
        var known = seen.ToList();
        var wrong = new List<string>();
        var query = new List<string>();
        var headers = new List<(string, string)>();
        foreach (var parameter in call.TryGetProperty("parameters", out var all) ? all.EnumerateArray() : default)
        {
            var (field, place, schema) = (
                parameter.GetProperty("name").GetString()!,
                parameter.GetProperty("in").GetString(),
                parameter.GetProperty("schema")
            );
            if (place == "header")
            {
                if (random.Next(3) == 0)
                {
                    var (value, isWrong) = Header(random, field, [.. tags]);
                    headers.Add((field, value));
                    wrong.AddRange(isWrong ? [field] : []);
                }

                continue;
            }

            if (place == "query" && random.Next(10) < (parameter.TryGetProperty("required", out _) ? 1 : 6))
            {
                wrong.AddRange(parameter.TryGetProperty("required", out _) ? [field] : []);
                continue;
            }

            var text = Plain(random, field, schema, known, place == "path");
            if (Checker.Wrong(AsJson(text, schema), schema).Any())
            {
                wrong.Add(field);
            }

            if (place == "path")
            {
                path = path.Replace($"{{{field}}}", Uri.EscapeDataString(text), StringComparison.Ordinal);
            }
            else
            {
                query.Add($"{field}={Uri.EscapeDataString(text)}");
            }
        }

        if (random.Next(40) == 0)
        {
            query.Add("limt=5");
            wrong.Add("limt");
        }

        string? body = null;
        string? media = null;
        if (call.TryGetProperty("requestBody", out var wanted))
        {
            var schema = wanted.GetProperty("content").GetProperty("application/json").GetProperty("schema");
            body = random.Next(30) == 0 ? Nonsense[random.Next(Nonsense.Length)] : Json(random, "", schema, 0);
            if (path.EndsWith("/follow-ups/batch", StringComparison.Ordinal) && random.Next(2) == 0)
            {
                // Of what is made at random hardly two are right at once.
                var users = Enumerable
                    .Range(0, random.Next(2, 6))
                    .Select(_ => $"{(char)('a' + random.Next(6))}{random.Next(4)}");
                body =
                    $"{{\"followUps\":[{string.Join(',', users.Select(user => $"{{\"trigger\":\"emotion_based\",\"userId\":\"{user}\"}}"))}]}}";
            }

            media = "application/json";
            wrong.AddRange(
                Checker.Wrong(JsonElement.Parse(body), schema).Select(field => field.Length == 0 ? "body" : field)
            );
            switch (random.Next(60))
            {
                case 0:
                    (media, wrong) = ("text/plain", [.. wrong, "body"]);
                    break;
                case 1:
                    (media, wrong) = (null, [.. wrong, "body"]);
                    break;
                case 2:
                    (media, wrong) = ("application/json; charset=klingon", [.. wrong, "body"]);
                    break;
                case 3:
                    (body, wrong) = (body[..(body.Length / 2)] + "\u0001", [.. wrong, "body"]);
                    break;
                default:
                    break;
            }
        }

        var target = query.Count == 0 ? path : $"{path}?{string.Join('&', query)}";
        return new(name, target, body, media, headers, wrong);
    }

    // Few keys, so that requests meet the answers of others; tags that were seen, and what is none. Wrong: with it nothing may be done.
    private static (string Value, bool IsWrong) Header(Random random, string field, List<string> tags)
    {
        if (field == "Idempotency-Key")
        {
            var length = random.Next(12) switch
            {
                0 => 255,
                1 => 256,
                2 => 5_000,
                _ => 1,
            };
            return (new string((char)('a' + random.Next(20)), length), length > 255);
        }

        return random.Next(6) switch
        {
            0 => ("*", false),
            1 => ("no tag", field == "If-Match"),
            2 => ("W/\"weak\"", field == "If-Match"),
            3 => ("\"other\", \"0\"", field == "If-Match"),
            _ when tags.Count > 0 => (tags[random.Next(tags.Count)], false),
            _ => ("\"'); --\"", field == "If-Match"),
        };
    }

    private static JsonElement AsJson(string text, JsonElement schema) =>
        schema.GetProperty("type").GetString() is "integer" or "boolean"
        && Regex.IsMatch(text, @"\A(-?[0-9]{1,30}|true|false)\z")
            ? JsonElement.Parse(text.TrimStart('0') is { Length: > 0 } trimmed ? trimmed : "0")
            : JsonSerializer.SerializeToElement(text);

    // A value in a path or query. A path holds no empty segment, and none that leads elsewhere.
    private string Plain(Random random, string field, JsonElement schema, List<string> known, bool inPath)
    {
        string text;
        do
        {
            text =
                known.Count > 0 && random.Next(3) == 0 && field is "id" or "cursor" or "messageId"
                    ? known[^(random.Next(known.Count) + 1)]
                : random.Next(12) == 0 ? Samples[random.Next(Samples.Length)]
                : JsonElement.Parse(Json(random, field, schema, 9)) is { ValueKind: JsonValueKind.String } json
                    ? json.GetString()!
                : Json(random, field, schema, 9);
        } while (inPath && (text is "" or "." or ".." || text.Contains('\0') || text.Contains('/')));

        return text;
    }

    private string Json(Random random, string field, JsonElement schema, int depth)
    {
        schema = Checker.Resolve(schema);
        if (depth is > 0 and < 9 && random.Next(40) == 0)
        {
            return Nonsense[random.Next(Nonsense.Length)];
        }

        if (schema.TryGetProperty("oneOf", out var either))
        {
            return random.Next(8) == 0 ? "null" : Json(random, field, either[1], depth);
        }

        if (schema.TryGetProperty("enum", out var words))
        {
            return random.Next(30) == 0 ? "\"PostEvent\"" : words[random.Next(words.GetArrayLength())].GetRawText();
        }

        if (!schema.TryGetProperty("type", out var type))
        {
            return Nonsense[random.Next(Nonsense.Length)];
        }

        var types = DocumentChecker.Types(type).Except(["null"]).ToList();
        if (types.Count < (type.ValueKind == JsonValueKind.Array ? type.GetArrayLength() : 1) && random.Next(6) == 0)
        {
            return "null";
        }

        return types[0] switch
        {
            "string" => JsonSerializer.Serialize(Text(random, field, schema)),
            "boolean" => random.Next(2) == 0 ? "true" : "false",
            "integer" or "number" => Number(random, schema, types[0]),
            "array" =>
                $"[{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => Json(random, "", schema.GetProperty("items"), depth + 1)))}]",
            _ => Object(random, schema, depth),
        };
    }

    private string Object(Random random, JsonElement schema, int depth)
    {
        var members = new List<string>();
        var required = schema.TryGetProperty("required", out var needed)
            ? needed.EnumerateArray().Select(one => one.GetString()!).ToList()
            : [];
        foreach (
            var property in schema.TryGetProperty("properties", out var fields) ? fields.EnumerateObject() : default
        )
        {
            if (random.Next(20) < (required.Contains(property.Name) ? 19 : 7))
            {
                members.Add($"\"{property.Name}\":{Json(random, property.Name, property.Value, depth + 1)}");
            }
        }

        if (schema.TryGetProperty("additionalProperties", out var others))
        {
            members.Add($"\"email\":{Json(random, "", others, depth + 1)}");
        }
        else if (random.Next(10) == 0)
        {
            members.Add("\"surprise\":{\"deep\":[1,\"\\ud83d\\ude00\"]}");
        }

        return $"{{{string.Join(',', members)}}}";
    }

    private static string Number(Random random, JsonElement schema, string type)
    {
        var min = schema.TryGetProperty("minimum", out var least) ? least.GetDouble() : 0;
        var max = schema.TryGetProperty("maximum", out var most) ? most.GetDouble() : 100;
        var value = random.Next(8) switch
        {
            0 => min,
            1 => max,
            2 => min - (type == "integer" ? 1 : 1e-9),
            3 => max + (type == "integer" ? 1 : 1e-9),
            _ => min + (Math.Min(max - min, 1000) * random.NextDouble()),
        };
        return type == "integer"
            ? ((long)value).ToString(CultureInfo.InvariantCulture)
            : value.ToString("R", CultureInfo.InvariantCulture);
    }

    private static string Text(Random random, string field, JsonElement schema)
    {
        if (schema.TryGetProperty("format", out var format) && format.GetString() == "uuid")
        {
            var bytes = new byte[16];
            random.NextBytes(bytes);
            return random.Next(10) == 0 ? "0199aaaa00007000800000000000000f" : new Guid(bytes).ToString();
        }

        if (schema.TryGetProperty("pattern", out var pattern))
        {
            var fitting = Samples.Where(sample => Regex.IsMatch(sample, pattern.GetString()!)).ToList();
            return fitting.Count > 0 && random.Next(8) > 0
                ? fitting[random.Next(fitting.Count)]
                : Samples[random.Next(Samples.Length)];
        }

        if (field is "timeZone" or "templateId" or "id" && random.Next(4) > 0)
        {
            return field == "timeZone" ? "Europe/Berlin" : "custom";
        }

        var min = schema.TryGetProperty("minLength", out var least) ? least.GetInt32() : 0;
        var max = schema.TryGetProperty("maxLength", out var most) ? most.GetInt32() : 40;
        if (max <= 255 && random.Next(3) > 0)
        {
            // Few, so that requests meet what others wrote.
            return $"{(char)('a' + random.Next(6))}{random.Next(4)}";
        }

        var length = random.Next(10) switch
        {
            0 => min,
            1 => max,
            2 => Math.Max(0, min - 1),
            3 => max + 1,
            _ => random.Next(1, Math.Min(max, 30) + 1),
        };
        string[] letters = ["a", "Z", "é", "名", "😀", "\u202e", "\u0007", " ", "'", "%", "%2F", "\\", "\u0301"];
        var whole = random.Next(2) == 0 ? letters[random.Next(letters.Length)] : null;
        return
            string.Concat(Enumerable.Range(0, length).Select(_ => whole ?? letters[random.Next(letters.Length)]))
                is var text
            && whole is null
            && length > 30
            ? new string([.. text.EnumerateRunes().Take(length).SelectMany(rune => rune.ToString())])
            : text;
    }
}
