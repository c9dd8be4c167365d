using System.Collections.Frozen;
using FollowUps.Contracts;

namespace FollowUps.Wording;

// A template's fixed part: what it words.
internal sealed record TemplateKind(string Id, FollowUpTrigger Trigger, FollowUpMood? Mood = null);

internal static class BuiltInTemplates
{
    public const string PostEventHigh = "post_event_high_emotion";
    public const string PostEventNeutral = "post_event_neutral_emotion";
    public const string PostEventLow = "post_event_low_emotion";
    public const string ReengagementGeneral = "reengagement_general";
    public const string ReengagementPastCustomer = "reengagement_past_customer";
    public const string EmotionCheckIn = "emotion_check_in";
    public const string Custom = "custom";

    public static readonly FrozenDictionary<string, TemplateKind> Kinds = new TemplateKind[]
    {
        new(PostEventHigh, FollowUpTrigger.PostEvent, FollowUpMood.High),
        new(PostEventNeutral, FollowUpTrigger.PostEvent, FollowUpMood.Neutral),
        new(PostEventLow, FollowUpTrigger.PostEvent, FollowUpMood.Low),
        new(ReengagementGeneral, FollowUpTrigger.Reengagement),
        new(ReengagementPastCustomer, FollowUpTrigger.Reengagement),
        new(EmotionCheckIn, FollowUpTrigger.EmotionBased),
        new(Custom, FollowUpTrigger.Custom),
    }.ToFrozenDictionary(kind => kind.Id, StringComparer.Ordinal);

    public static IReadOnlyList<TemplateText> Texts { get; } =
    [.. EnglishTexts.All, .. FrenchTexts.All, .. GermanTexts.All, .. ItalianTexts.All, .. SpanishTexts.All];
}
