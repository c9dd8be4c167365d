using System.Text;
using System.Text.Json;
using FollowUps.Contracts;
using FollowUps.Recipients;
using FollowUps.Wording;

namespace FollowUps.Scheduling;

internal static class FollowUpRules
{
    public const int MaxIdLength = 255;
    public const int MaxMessageLength = 10_000;
    private const int MaxVariablesBytes = 65_536;
    private const double MaxNumber = 1e300;
    private const int MaxDepth = 32;
    private const string BadText = "It must not contain U+0000 or half of a surrogate pair.";

    public static void Check(
        IReadOnlyList<NewFollowUp>? items,
        FollowUpsOptions options,
        DateTimeOffset now,
        Action<string, string> fail
    )
    {
        if (items is null || items.Count == 0 || items.Count > options.MaxBatchSize)
        {
            fail("followUps", $"1 to {options.MaxBatchSize} follow-ups are taken at once.");
            return;
        }

        for (var i = 0; i < items.Count; i++)
        {
            var at = $"followUps[{i}]";
            if (items[i] is null)
            {
                fail(at, "A follow-up is needed here.");
                continue;
            }

            var item = items[i];
            var whole = true;
            void Fail(string field, string wrong)
            {
                whole = false;
                fail($"{at}.{field}", wrong);
            }

            Check(item, Fail);
            if (whole && item.NotAfter < EarliestDueAt(item, options, now))
            {
                Fail("notAfter", "It must not lie before the follow-up is due.");
            }
        }
    }

    public static DateTimeOffset DueAt(NewFollowUp item, FollowUpsOptions options, DateTimeOffset now) =>
        ToMicrosecond(
            item.Trigger switch
            {
                FollowUpTrigger.PostEvent => item.EventAt!.Value + (item.Delay ?? options.PostEventDelay),
                FollowUpTrigger.Reengagement => item.LastActivityAt!.Value + options.ReengagementAfter,
                FollowUpTrigger.EmotionBased => now + options.EmotionCheckInDelay,
                _ => item.ScheduledAt!.Value,
            }
        );

    // As far as the input tells. By the clock of a zone that only the row knows: when the day that it counts from is over.
    private static DateTimeOffset? EarliestDueAt(NewFollowUp item, FollowUpsOptions options, DateTimeOffset now) =>
        ClockRule.Of(item, options) switch
        {
            null => DueAt(item, options, now),
            { DaysAfter: > 0 } => item.Trigger switch
            {
                FollowUpTrigger.PostEvent => item.EventAt,
                FollowUpTrigger.Reengagement => item.LastActivityAt,
                FollowUpTrigger.EmotionBased => now,
                _ => item.ScheduledAt,
            },
            _ => null,
        };

    // By trigger, as the rows number them.
    public static TimeSpan[] StaleAfter(FollowUpsOptions options) =>
        [
            .. Enum.GetValues<FollowUpTrigger>()
                .Select(t => options.StaleAfterOf.GetValueOrDefault(t, options.StaleAfter)),
        ];

    // PostgreSQL keeps microseconds: what is answered after a write is what will be read.
    public static DateTimeOffset ToMicrosecond(DateTimeOffset instant)
    {
        var utc = instant.ToUniversalTime();
        return utc.AddTicks(-(utc.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    private static void Check(NewFollowUp item, Action<string, string> fail)
    {
        if (item.Trigger is not { } trigger || !Enum.IsDefined(trigger))
        {
            fail("trigger", "One of post_event, reengagement, emotion_based and custom is needed.");
        }

        CheckText("userId", item.UserId ?? "", MaxIdLength, fail);
        CheckText("conversationId", item.ConversationId, MaxIdLength, fail);
        CheckText("bookingId", item.BookingId, MaxIdLength, fail);
        CheckText("dedupeKey", item.DedupeKey, MaxIdLength, fail);
        CheckText("message", item.Message, MaxMessageLength, fail);
        CheckInstant("eventAt", item.EventAt, item.Trigger == FollowUpTrigger.PostEvent, fail);
        CheckInstant("lastActivityAt", item.LastActivityAt, item.Trigger == FollowUpTrigger.Reengagement, fail);
        CheckInstant("scheduledAt", item.ScheduledAt, item.Trigger == FollowUpTrigger.Custom, fail);
        CheckInstant("notAfter", item.NotAfter, needed: false, fail);
        if (item.TemplateId is { } template && !BuiltInTemplates.Kinds.ContainsKey(template))
        {
            fail("templateId", "There is no such template.");
        }

        if (item.Delay is { } delay && (delay < TimeSpan.Zero || delay > TimeSpan.FromDays(366)))
        {
            fail("delay", "It must lie between nothing and a year.");
        }

        CheckClock(item, fail);
        CheckVariables(item.Variables, fail);
    }

    public static void CheckVariables(JsonElement? given, Action<string, string> fail)
    {
        if (given is not { } variables)
        {
            return;
        }

        var raw = variables.GetRawText();
        if (variables.ValueKind != JsonValueKind.Object || Encoding.UTF8.GetByteCount(raw) > MaxVariablesBytes)
        {
            fail("variables", $"It must be a JSON object of {MaxVariablesBytes} bytes or fewer.");
        }
        else if (!IsStorable(variables, MaxDepth))
        {
            fail(
                "variables",
                $"{BadText} Its numbers must stay below 1e300, and it must be {MaxDepth} levels deep or less."
            );
        }
    }

    private static void CheckClock(NewFollowUp item, Action<string, string> fail)
    {
        if (item.LocalTime is { } time)
        {
            RecipientRules.CheckTime("localTime", time, fail);
            if (item.Delay is not null)
            {
                fail("delay", "It cannot go together with localTime.");
            }
        }
        else if (item.DaysAfter is not null || item.TimeZone is not null)
        {
            fail("localTime", "It is needed with daysAfter or timeZone.");
        }

        if (item.DaysAfter is < 0 or > 366)
        {
            fail("daysAfter", "It must lie between 0 and 366.");
        }

        RecipientRules.CheckZone("timeZone", item.TimeZone, fail);
    }

    public static void CheckText(string field, string? value, int maxLength, Action<string, string> fail)
    {
        var wrong = value switch
        {
            null => null,
            "" => "It must not be empty.",
            _ when IsLonger(value, maxLength) => $"It must be {maxLength} characters or fewer.",
            _ when !IsStorable(value) => BadText,
            _ => null,
        };
        if (wrong is not null)
        {
            fail(field, wrong);
        }
    }

    // Characters as JSON Schema and PostgreSQL count them: a surrogate pair is one.
    private static bool IsLonger(string value, int max) =>
        value.Length > max && value.Length - value.Count(char.IsLowSurrogate) > max;

    public static void CheckInstant(string field, DateTimeOffset? value, bool needed, Action<string, string> fail)
    {
        if (value is null && needed)
        {
            fail(field, "It is needed.");
        }
        else if (value is { Year: < 1900 or > 9000 })
        {
            fail(field, "It must lie between the years 1900 and 9000.");
        }
    }

    // What is nested deeper than readers go could be stored and never read.
    private static bool IsStorable(JsonElement json, int depth)
    {
        try
        {
            return json.ValueKind switch
            {
                JsonValueKind.Object or JsonValueKind.Array when depth == 0 => false,
                JsonValueKind.Object => json.EnumerateObject()
                    .All(member => IsStorable(member.Name) && IsStorable(member.Value, depth - 1)),
                JsonValueKind.Array => json.EnumerateArray().All(item => IsStorable(item, depth - 1)),
                JsonValueKind.String => IsStorable(json.GetString()!),
                JsonValueKind.Number => Math.Abs(json.GetDouble()) <= MaxNumber && json.GetRawText().Length <= 400,
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            // An escape such as \ud800 is read only now.
            return false;
        }
    }

    private static bool IsStorable(string value) => !value.Contains('\0') && IsWellFormed(value);

    private static bool IsWellFormed(string value)
    {
        for (var at = 0; at < value.Length; )
        {
            if (Rune.DecodeFromUtf16(value.AsSpan(at), out _, out var length) != System.Buffers.OperationStatus.Done)
            {
                return false;
            }

            at += length;
        }

        return true;
    }
}
