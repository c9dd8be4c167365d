using FollowUps.Contracts;
using FollowUps.Recipients;

namespace FollowUps.Scheduling;

// "The next day at 10:00": due by a clock instead of after a length of time. Which instant that is the database computes
// (followups.due_by_clock), in the statement that needs it: the customer's zone is known there.
internal sealed record ClockRule(TimeOnly Time, short DaysAfter, string? Zone)
{
    public static ClockRule? Of(NewFollowUp item, FollowUpsOptions options)
    {
        var time = RecipientRules.Time(item.LocalTime);
        if (time is null && item.Delay is null)
        {
            time = item.Trigger switch
            {
                FollowUpTrigger.PostEvent => options.PostEventLocalTime,
                FollowUpTrigger.Reengagement => options.ReengagementLocalTime,
                _ => null,
            };
        }

        return time is { } clock
            ? new ClockRule(
                clock,
                (short)(item.DaysAfter ?? UsualDays(item.Trigger!.Value, options)),
                item.TimeZone is { } zone ? RecipientRules.ZoneId(zone) : null
            )
            : null;
    }

    private static int UsualDays(FollowUpTrigger trigger, FollowUpsOptions options) =>
        trigger switch
        {
            FollowUpTrigger.PostEvent => options.PostEventDaysAfter,
            FollowUpTrigger.Reengagement => (int)options.ReengagementAfter.TotalDays,
            FollowUpTrigger.EmotionBased => 1,
            _ => 0,
        };
}
