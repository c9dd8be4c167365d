using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Host.OpenApi;

// Bounds by the name of a field or parameter, which means the same wherever it stands. The fuzz test holds them against the validators.
internal static class Bounds
{
    private const int Id = 255;

    private static readonly Dictionary<string, (int Min, int Max)> Lengths = new(StringComparer.Ordinal)
    {
        ["userId"] = (1, Id),
        ["conversationId"] = (1, Id),
        ["bookingId"] = (1, Id),
        ["dedupeKey"] = (1, Id),
        ["q"] = (1, 500),
        ["label"] = (1, 32),
        ["timeZone"] = (1, 255),
        ["channel"] = (1, 20),
    };

    private static readonly Dictionary<string, (string Min, string Max)> Numbers = new(StringComparer.Ordinal)
    {
        ["limit"] = ("1", "200"),
        ["maxTokens"] = ("1", "2000000"),
        ["days"] = ("1", "3660"),
        ["score"] = ("0", "1"),
        ["inputTokens"] = ("0", "2147483647"),
        ["outputTokens"] = ("0", "2147483647"),
    };

    private static readonly Dictionary<string, string[]> Words = new(StringComparer.Ordinal)
    {
        ["order"] = ["asc", "desc"],
        ["status"] = ["pending", "executed", "cancelled", "failed"],
        ["trigger"] = ["post_event", "reengagement", "emotion_based", "custom"],
    };

    // What a body must hold. Records cannot say it: a field that is missing is told by the validator, beside all else that is wrong.
    private static readonly Dictionary<string, string[]> Needed = new(StringComparer.Ordinal)
    {
        ["NewMessage"] = ["role"],
        ["StoreMessages"] = ["messages"],
        ["NewFollowUp"] = ["trigger", "userId"],
        ["ScheduleFollowUps"] = ["followUps"],
        ["Confirmation"] = ["userId", "conversationId", "eventAt"],
        ["Move"] = ["eventAt"],
        ["RescheduleBody"] = ["scheduledAt"],
        ["ConversationPatch"] = ["context"],
        ["Report"] = [],
        ["Because"] = [],
        ["CancelBody"] = [],
        ["PreviewBody"] = [],
        ["QuietHours"] = ["from", "to"],
    };

    private static readonly Dictionary<string, string> Texts = new(StringComparer.Ordinal)
    {
        ["id"] = "The conversation's id, or the follow-up's.",
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
    };

    public static void Apply(OpenApiParameter parameter)
    {
        parameter.Description ??= Texts.GetValueOrDefault(parameter.Name!);
        if (parameter.Schema is not OpenApiSchema schema)
        {
            return;
        }

        Apply(parameter.Name!, schema);
        if (Words.TryGetValue(parameter.Name!, out var words))
        {
            schema.Enum = [.. words.Select(word => (JsonNode)word)];
        }

        if (parameter.Name is "since" or "from" or "to")
        {
            schema.Format = "date-time";
        }

        if (parameter.Name == "id" && schema.Format is null)
        {
            (schema.MinLength, schema.MaxLength) = (1, Id);
        }
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
            schema.Pattern = "^[a-z][a-z0-9_-]{0,19}$";
        }
    }

    public static void ApplyToBody(Type type, OpenApiSchema schema)
    {
        if (Needed.TryGetValue(type.Name, out var needed))
        {
            schema.Required = needed.ToHashSet(StringComparer.Ordinal);
        }
    }

    // Of request bodies alone, whose answers may hold more or less.
    public static void ApplyToRequest(Type type, string field, OpenApiSchema schema)
    {
        switch (type.Name, field)
        {
            case ("NewMessage", "content"):
                schema.MaxLength = 100_000;
                break;
            case ("NewFollowUp" or "Confirmation", "message"):
                (schema.MinLength, schema.MaxLength) = (1, 10_000);
                break;
            case ("CancelBody", "reason"):
                (schema.MinLength, schema.MaxLength) = (1, 255);
                break;
            case ("Because", "reason"):
                (schema.MinLength, schema.MaxLength) = (1, 1000);
                break;
            case ("StoreMessages", "messages") or ("ScheduleFollowUps", "followUps"):
                (schema.MinItems, schema.MaxItems) = (1, 10_000);
                break;
            case ("Emotion", "detected"):
                schema.MaxItems = 32;
                break;
            default:
                break;
        }
    }
}
