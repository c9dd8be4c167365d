using System.Text.Json;
using Conversations.Contracts;

namespace Conversations.Messages;

internal static class MessageRules
{
    public const int MaxIdLength = 255;
    public const int MaxLabelLength = 32;
    private const int MaxReasonLength = 1000;
    private const int MaxDetected = 32;
    private const int MaxChannelLength = 20;
    private const string NoSlug = "It must be a lower-case slug of 1 to 20 characters.";

    // What PostgreSQL's numeric takes without a second thought; doubles end at 308.
    private const double MaxNumber = 1e300;
    private const int MaxDepth = 32;
    private const string HalfPair = "It must not contain half of a surrogate pair.";

    public static void Check(
        IReadOnlyList<NewMessage>? messages,
        ConversationsOptions options,
        Action<string, string> fail
    )
    {
        if (messages is null || messages.Count == 0)
        {
            fail("messages", "At least one message is needed.");
            return;
        }

        if (messages.Count > options.MaxBatchSize)
        {
            fail("messages", $"At most {options.MaxBatchSize} messages are taken at once.");
            return;
        }

        for (var i = 0; i < messages.Count; i++)
        {
            Check(messages[i], options, new Failures(i, fail));
        }
    }

    public static void IdRule<T>(string? value, FluentValidation.ValidationContext<T> context)
    {
        if (Id(value) is { } wrong)
        {
            context.AddFailure(wrong);
        }
    }

    // An id inside a cursor: wrong only where the cursor was made by hand.
    public static void CursorRule<T>(string? value, FluentValidation.ValidationContext<T> context)
    {
        if (Id(value) is not null)
        {
            context.AddFailure("cursor", "It must be a nextCursor of the same list.");
        }
    }

    public static void ChannelRule<T>(string? value, FluentValidation.ValidationContext<T> context)
    {
        if (value is not null && !IsSlug(value))
        {
            context.AddFailure(NoSlug);
        }
    }

    public static void ReasonRule<T>(string? value, FluentValidation.ValidationContext<T> context)
    {
        var wrong = value switch
        {
            null => null,
            "" => "It must not be empty.",
            _ when IsLonger(value, MaxReasonLength) => $"It must be {MaxReasonLength} characters or fewer.",
            _ => Text(value),
        };
        if (wrong is not null)
        {
            context.AddFailure(wrong);
        }
    }

    public static string? Id(string? value) =>
        value switch
        {
            null or "" => "It must not be empty.",
            _ when IsLonger(value, MaxIdLength) => $"It must be {MaxIdLength} characters or fewer.",
            _ => Text(value),
        };

    // Characters as JSON Schema and PostgreSQL count them: a surrogate pair is one.
    public static bool IsLonger(string value, int max) =>
        value.Length > max && value.Length - value.Count(char.IsLowSurrogate) > max;

    public static string? Text(string value)
    {
        if (value.Contains('\0'))
        {
            return "It must not contain the character U+0000.";
        }

        for (
            var rest = value.AsSpan();
            rest.IndexOfAnyInRange('\uD800', '\uDFFF') is var at and >= 0;
            rest = rest[(at + 2)..]
        )
        {
            if (at + 1 >= rest.Length || !char.IsSurrogatePair(rest[at], rest[at + 1]))
            {
                return HalfPair;
            }
        }

        return null;
    }

    public static string? Object(JsonElement json, int maxBytes) =>
        json.ValueKind == JsonValueKind.Object ? Json(json, maxBytes) : "It must be a JSON object.";

    public static void CheckEmotion(Emotion emotion, Action<string, string> fail)
    {
        if (emotion.Score is { } score && !(score is >= 0 and <= 1))
        {
            fail("score", "It must be a number from 0 to 1.");
        }

        if (emotion.Label is { } label && Label(label) is { } wrong)
        {
            fail("label", wrong);
        }

        if (emotion.Detected is not { } detected)
        {
            return;
        }

        if (detected.Count > MaxDetected)
        {
            fail("detected", $"At most {MaxDetected} emotions are kept.");
            return;
        }

        for (var i = 0; i < detected.Count; i++)
        {
            if (Label(detected[i]) is { } wrongOne)
            {
                fail($"detected[{i}]", wrongOne);
            }
        }
    }

    private static void Check(NewMessage? message, ConversationsOptions options, Failures fail)
    {
        if (message is null)
        {
            fail.Add("", "A message is needed here.");
            return;
        }

        fail.Add("conversationId", Id(message.ConversationId));
        fail.Add("userId", message.UserId is null ? null : Id(message.UserId));
        fail.Add("id", message.Id == Guid.Empty ? "It must not be the empty UUID." : null);
        fail.Add(
            "role",
            message.Role is { } role && Enum.IsDefined(role)
                ? null
                : "One of user, assistant, system and tool is needed."
        );
        fail.Add("channel", message.Channel is null || IsSlug(message.Channel) ? null : NoSlug);
        fail.Add(
            "sentAt",
            message.SentAt is { } at && (at.Year < 1900 || at.Year > 9000)
                ? "It must lie between the years 1900 and 9000."
                : null
        );
        fail.Add("content", Content(message, options.MaxContentLength));
        fail.Add("metadata", message.Metadata is { } metadata ? Object(metadata, options.MaxJsonBytes) : null);
        fail.Add("toolCalls", message.ToolCalls is { } calls ? Json(calls, options.MaxJsonBytes) : null);
        fail.Add("toolResults", message.ToolResults is { } results ? Json(results, options.MaxJsonBytes) : null);
        fail.Add("usage.inputTokens", message.Usage is { InputTokens: < 0 } ? "It must not be negative." : null);
        fail.Add("usage.outputTokens", message.Usage is { OutputTokens: < 0 } ? "It must not be negative." : null);

        if (message.Emotion is { } emotion)
        {
            CheckEmotion(emotion, (field, wrong) => fail.Add($"emotion.{field}", wrong));
        }
    }

    private static string? Content(NewMessage message, int maxLength) =>
        message.Content switch
        {
            null or "" when message.ToolCalls is null && message.ToolResults is null => "It must not be empty.",
            null => null,
            { } content when IsLonger(content, maxLength) => $"It must be {maxLength} characters or fewer.",
            { } content => Text(content),
        };

    private static string? Label(string? label) =>
        label switch
        {
            null or "" => "It must not be empty.",
            _ when IsLonger(label, MaxLabelLength) => $"It must be {MaxLabelLength} characters or fewer.",
            _ => Text(label),
        };

    private static bool IsSlug(string channel) =>
        channel is { Length: >= 1 and <= MaxChannelLength }
        && channel.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_')
        && char.IsAsciiLetterLower(channel[0]);

    private static string? Json(JsonElement json, int maxBytes)
    {
        var raw = json.GetRawText();
        if (System.Text.Encoding.UTF8.GetByteCount(raw) > maxBytes)
        {
            return $"It must be {maxBytes} bytes of JSON or fewer.";
        }

        try
        {
            return Storable(json, MaxDepth);
        }
        catch (InvalidOperationException)
        {
            // An escape such as \ud800 is read only now.
            return HalfPair;
        }
    }

    // jsonb takes neither U+0000 nor numbers without end; and what is nested deeper than readers go could be stored and never read.
    private static string? Storable(JsonElement json, int depth) =>
        json.ValueKind switch
        {
            JsonValueKind.Object or JsonValueKind.Array when depth == 0 =>
                $"It must be {MaxDepth} levels deep or less.",
            JsonValueKind.Object => json.EnumerateObject()
                .Select(member => Text(member.Name) ?? Storable(member.Value, depth - 1))
                .FirstOrDefault(wrong => wrong is not null),
            JsonValueKind.Array => json.EnumerateArray()
                .Select(item => Storable(item, depth - 1))
                .FirstOrDefault(wrong => wrong is not null),
            JsonValueKind.String => Text(json.GetString()!),
            JsonValueKind.Number => Math.Abs(json.GetDouble()) <= MaxNumber && json.GetRawText().Length <= 400
                ? null
                : "Its numbers must stay below 1e300.",
            _ => null,
        };

    private readonly struct Failures(int index, Action<string, string> fail)
    {
        public void Add(string field, string? wrong)
        {
            if (wrong is not null)
            {
                fail(field.Length == 0 ? $"messages[{index}]" : $"messages[{index}].{field}", wrong);
            }
        }
    }
}
