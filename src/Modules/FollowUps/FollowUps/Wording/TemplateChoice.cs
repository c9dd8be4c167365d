using FollowUps.Contracts;

namespace FollowUps.Wording;

internal static class TemplateChoice
{
    public static string For(FollowUpTrigger trigger, FollowUpMood mood, int conversations) =>
        trigger switch
        {
            FollowUpTrigger.PostEvent => mood switch
            {
                FollowUpMood.High => BuiltInTemplates.PostEventHigh,
                FollowUpMood.Low => BuiltInTemplates.PostEventLow,
                _ => BuiltInTemplates.PostEventNeutral,
            },
            FollowUpTrigger.Reengagement => conversations > 1
                ? BuiltInTemplates.ReengagementPastCustomer
                : BuiltInTemplates.ReengagementGeneral,
            FollowUpTrigger.EmotionBased => BuiltInTemplates.EmotionCheckIn,
            _ => BuiltInTemplates.Custom,
        };
}
