using System.Text.Json.Nodes;
using Host.Pipeline;
using Microsoft.OpenApi;

namespace Host.OpenApi;

// What the validators hold fields to, said in the document; a test holds each against the other.
internal static class Bounds
{
    public const string Slug = "^[a-z][a-z0-9_-]{0,19}$";

    private const int Id = 255;
    private const string Clock = "^([01][0-9]|2[0-3]):[0-5][0-9]$";
    private const string LanguageTag = "^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?$";

    // By the name of a field or parameter, which means the same wherever it stands.
    private static readonly Dictionary<string, (int Min, int Max)> Lengths = new(StringComparer.Ordinal)
    {
        ["userId"] = (1, Id),
        ["conversationId"] = (1, Id),
        ["bookingId"] = (1, Id),
        ["dedupeKey"] = (1, Id),
        ["q"] = (1, 500),
        ["label"] = (1, 32),
        ["channel"] = (1, 20),
    };

    private static readonly Dictionary<string, (string Min, string Max)> Numbers = new(StringComparer.Ordinal)
    {
        ["limit"] = ("1", "200"),
        ["maxTokens"] = ("1", "2000000"),
        ["days"] = ("1", "3660"),
        ["daysAfter"] = ("0", "366"),
        ["score"] = ("0", "1"),
        ["inputTokens"] = ("0", "2147483647"),
        ["outputTokens"] = ("0", "2147483647"),
    };

    private static readonly Dictionary<string, string[]> Words = new(StringComparer.Ordinal)
    {
        ["order"] = ["asc", "desc"],
        ["status"] = [.. EnumWordConverter.Words(typeof(FollowUps.Contracts.FollowUpStatus))],
        ["trigger"] = [.. EnumWordConverter.Words(typeof(FollowUps.Contracts.FollowUpTrigger))],
    };

    // What a body must hold. Records cannot say it: a field that is missing is told by the validator, beside all else that is wrong.
    private static readonly Dictionary<string, string[]> Needed = new(StringComparer.Ordinal)
    {
        ["NewMessage"] = ["conversationId", "role"],
        ["LateScore"] = ["score"],
        ["StoreMessages"] = ["messages"],
        ["NewFollowUp"] = ["trigger", "userId"],
        ["ScheduleFollowUps"] = ["followUps"],
        ["Confirmation"] = ["userId", "conversationId", "eventAt"],
        ["Move"] = ["eventAt"],
        ["RescheduleBody"] = ["scheduledAt"],
        ["ConversationPatch"] = ["context"],
        ["TemplateBody"] = ["body"],
        ["QuietHours"] = ["from", "to"],
        ["FrequencyCap"] = ["max", "per"],
        ["ProblemDetails"] = ["type", "title", "status", "traceId"],
        ["HttpValidationProblemDetails"] = ["type", "title", "status", "errors", "traceId"],
    };

    // Bodies that callers send: their dates and durations are narrower than those of answers.
    private static readonly HashSet<string> Sent = new(StringComparer.Ordinal)
    {
        "NewMessage",
        "NewFollowUp",
        "Confirmation",
        "Move",
        "Report",
        "RescheduleBody",
        "RetryFollowUps",
        "PutRecipient",
        "FrequencyCap",
        "Because",
        "CancelBody",
        "PauseDispatch",
        "PreviewBody",
        "ResumeDispatch",
    };

    private static readonly Dictionary<(string Schema, string Field), Action<OpenApiSchema>> Shapes = new()
    {
        [("NewMessage", "content")] = Text(0, 100_000),
        [("NewMessage", "metadata")] = Object,
        [("NewFollowUp", "message")] = Text(1, 10_000),
        [("NewFollowUp", "localTime")] = Shaped(Clock),
        [("NewFollowUp", "variables")] = Object,
        [("Confirmation", "message")] = Text(1, 10_000),
        [("ConversationPatch", "context")] = Object,
        [("CancelBody", "reason")] = Text(1, 255),
        [("Because", "reason")] = Text(1, 1000),
        [("StoreMessages", "messages")] = Items(1, 10_000),
        [("ScheduleFollowUps", "followUps")] = Items(1, 10_000),
        [("Emotion", "detected")] = Labels,
        [("LateScore", "detected")] = Labels,
        [("PutRecipient", "locale")] = Shaped(LanguageTag),
        [("PutRecipient", "addresses")] = Addresses,
        [("PutRecipient", "optOut")] = OptOuts,
        [("QuietHours", "from")] = Shaped(Clock),
        [("QuietHours", "to")] = Shaped(Clock),
        [("FrequencyCap", "max")] = schema => (schema.Minimum, schema.Maximum) = ("1", "1000"),
        [("TemplateBody", "subject")] = Text(1, 500),
        [("TemplateBody", "body")] = Text(1, 20_000),
        [("TemplateBody", "variables")] = Names,
        [("PreviewBody", "variables")] = Object,
        [("PauseDispatch", "trigger")] = OrNull,
        [("ResumeDispatch", "trigger")] = OrNull,
    };

    private static readonly Dictionary<string, string> Texts = new(StringComparer.Ordinal)
    {
        ["version"] = "The version, as the list of them shows it.",
        ["conversationId"] = "The caller's id of the conversation.",
        ["userId"] = "The customer.",
        ["bookingId"] = "The caller's id of the booking.",
        ["messageId"] = "The message in its conversation.",
        ["limit"] = "How many items a page holds.",
        ["cursor"] = "The `nextCursor` of the page before.",
        ["order"] = "Oldest first (`asc`) or newest first (`desc`).",
        ["channel"] = "Only messages of this channel.",
        ["since"] = "From here on, with an offset or `Z`.",
        ["from"] = "Due from here on, with an offset or `Z`.",
        ["to"] = "Due before, with an offset or `Z`.",
        ["q"] = "Words that must all occur, \"a phrase\", or, -not.",
        ["escalated"] = "Only those that a human has taken over, or only the others.",
        ["active"] = "Only those that are open, or only those that are closed.",
        ["days"] = "How many days back.",
        ["maxTokens"] = "The budget in tokens.",
        ["keepSystem"] = "Keep the newest system messages, however far back.",
        ["status"] = "Only those in this status.",
        ["trigger"] = "Only those of this trigger.",
        ["locale"] =
            "The text of this locale, a BCP 47 tag such as `de-AT`; without one, or empty: that of all locales.",
    };

    public static void Apply(OpenApiParameter parameter, string tag)
    {
        parameter.Description ??= parameter.Name switch
        {
            "id" when tag == "Templates" => "The template: one of the ids that `listTemplates` shows.",
            "id" => "The follow-up.",
            var name => Texts.GetValueOrDefault(name!),
        };
        if (parameter.Schema is not OpenApiSchema schema)
        {
            return;
        }

        Apply(parameter.Name!, schema);
        switch (parameter.Name)
        {
            case "since" or "from" or "to":
                (schema.Format, schema.Pattern) = ("date-time", OffsetDateTimeConverter.Pattern);
                break;
            case "q":
                // Not spaces alone.
                (schema.Pattern, parameter.Required) = (@"\S", true);
                break;
            case "id" when schema.Format is null:
                (schema.MinLength, schema.MaxLength) = (1, Id);
                break;
            case "locale":
                schema.Pattern = $"^$|{LanguageTag}";
                break;
            case "channel" when tag == "Templates":
                parameter.Description = "The text of this channel; without one, or empty: that of all channels.";
                (schema.MinLength, schema.Pattern) = (0, $"^$|{Slug}");
                break;
            default:
                break;
        }

        if (Words.TryGetValue(parameter.Name!, out var words))
        {
            schema.Enum = [.. words.Select(word => (JsonNode)word)];
        }
    }

    // An id that the path names is read from there: in the body nobody would read it.
    public static void OmitWhatThePathNames(OpenApiDocument document)
    {
        const string single = "SingleMessage";
        var schemas = document.Components!.Schemas!;
        ((OpenApiSchema)schemas["PutRecipient"]).Properties!.Remove("userId");

        // In a batch every message needs it.
        var message = (OpenApiSchema)schemas["NewMessage"].CreateShallowCopy();
        message.Properties!.Remove("conversationId");
        message.Required!.Remove("conversationId");
        schemas[single] = message;
        var body = document.Paths["/api/v1/conversations/{conversationId}/messages"].Operations![HttpMethod.Post];
        body.RequestBody!.Content!["application/json"].Schema = new OpenApiSchemaReference(single, document);
    }

    public static void Apply(string field, OpenApiSchema schema)
    {
        if (schema.Type?.HasFlag(JsonSchemaType.String) == true && Lengths.TryGetValue(field, out var length))
        {
            (schema.MinLength, schema.MaxLength) = length;
        }

        if (
            schema.Type is { } type
            && (type & (JsonSchemaType.Number | JsonSchemaType.Integer)) != 0
            && Numbers.TryGetValue(field, out var range)
        )
        {
            (schema.Minimum, schema.Maximum) = range;
        }

        if (field == "channel")
        {
            schema.Pattern = Slug;
        }
    }

    public static void Apply(string name, IOpenApiSchema component)
    {
        if (component is not OpenApiSchema { Properties: { } fields } schema)
        {
            return;
        }

        if (Needed.TryGetValue(name, out var needed))
        {
            schema.Required = needed.ToHashSet(StringComparer.Ordinal);
        }
        else if (Sent.Contains(name))
        {
            schema.Required = null;
        }

        foreach (var (field, value) in fields.ToList())
        {
            var must = needed?.Contains(field) == true;
            var shape = Shapes.GetValueOrDefault((name, field));
            if (value is OpenApiSchema { OneOf: [_, { } inner] } && (must || shape is not null))
            {
                fields[field] = shape is null
                    ? inner
                    : new OpenApiSchema { Description = value.Description ?? inner.Description };
            }

            if (fields[field] is not OpenApiSchema own)
            {
                continue;
            }

            shape?.Invoke(own);
            if (Sent.Contains(name) && own.Format is "date-time")
            {
                own.Pattern = OffsetDateTimeConverter.Pattern;
            }
            else if (Sent.Contains(name) && own.Format is "duration")
            {
                (own.Format, own.Pattern) = (null, DurationConverter.Pattern);
            }

            if (must && own.Type is { } type)
            {
                own.Type = type & ~JsonSchemaType.Null;
            }
        }
    }

    private static Action<OpenApiSchema> Text(int min, int max) =>
        schema => (schema.MinLength, schema.MaxLength) = (min, max);

    private static Action<OpenApiSchema> Items(int min, int max) =>
        schema => (schema.MinItems, schema.MaxItems) = (min, max);

    private static Action<OpenApiSchema> Shaped(string pattern) => schema => schema.Pattern = pattern;

    private static void Object(OpenApiSchema schema) => schema.Type = JsonSchemaType.Object | JsonSchemaType.Null;

    private static void OrNull(OpenApiSchema schema)
    {
        schema.Type |= JsonSchemaType.Null;
        schema.Enum!.Add(JsonNullSentinel.JsonNull);
    }

    private static void Labels(OpenApiSchema schema)
    {
        schema.MaxItems = 32;
        schema.Items = new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            MinLength = 1,
            MaxLength = 32,
        };
    }

    private static void Addresses(OpenApiSchema schema)
    {
        schema.MaxProperties = 20;
        schema.AdditionalProperties = new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            MinLength = 1,
            MaxLength = 320,
        };
    }

    private static void OptOuts(OpenApiSchema schema) =>
        schema.Items = new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Enum = [.. Words["trigger"].Append("all").Select(word => (JsonNode)word)],
        };

    private static void Names(OpenApiSchema schema)
    {
        schema.MaxItems = 50;
        schema.Items = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[A-Za-z_][A-Za-z0-9_-]{0,63}$" };
    }
}
