using Conversations.Contracts;
using Fluid.Values;
using FollowUps.Contracts;
using FollowUps.Delivery;
using FollowUps.Wording;
using Microsoft.Extensions.Options;
using NodaTime;

namespace FollowUps.Dispatch;

// Whether a claimed follow-up goes, by which channel and in which words. The claim has sorted out what must not go by what this module knows;
// here is what only the other one could say.
internal sealed class Deciding(
    Channels channels,
    NewestTemplates templates,
    IOptions<FollowUpsOptions> options,
    TimeProvider clock
)
{
    public Outcome Decide(Claim claim, Mood mood)
    {
        // It is claimed a little ahead of its instant, and judged as of that: quiet hours may end with it.
        var now = clock.GetUtcNow();
        now = claim.DueAt > now ? claim.DueAt : now;
        if (
            claim.Quiet?.FirstAllowed(Instant.FromDateTimeOffset(now), claim.Zone).ToDateTimeOffset() is { } allowed
            && allowed > now
        )
        {
            return new Outcome(claim, OutcomeKind.Held) { Reason = "quiet_hours", NextAt = allowed };
        }

        if (mood.Escalated && claim.Trigger is FollowUpTrigger.PostEvent or FollowUpTrigger.Reengagement)
        {
            return new Outcome(claim, OutcomeKind.Held)
            {
                Reason = "escalated",
                NextAt = now + options.Value.HoldRecheckEvery,
            };
        }

        var route = channels.For(claim.Addresses, claim.Prepared?.Channel);
        if (route.Lane is not { } lane)
        {
            return route.Obstacle == Channels.NoAddress
                ? new Outcome(claim, OutcomeKind.Failed) { Reason = route.Obstacle }
                : new Outcome(claim, OutcomeKind.Held)
                {
                    Reason = route.Obstacle,
                    Route = route,
                    NextAt = now + options.Value.HoldRecheckEvery,
                };
        }

        var band = MoodHysteresis.Settle(
            claim.MoodBefore,
            (FollowUpMood)mood.Band,
            mood.Score,
            options.Value.MoodHysteresis
        );
        if (claim.Prepared is { } prepared)
        {
            // A care message that may not have arrived goes again, in the same words; a promotion does not: once too few beats once too often.
            return
                claim.Try > options.Value.MaxAttempts
                || claim.Trigger == FollowUpTrigger.Reengagement
                    && !options.Value.RepeatUncertainPromotions
                    && !lane.Channel.RepeatsAreHarmless
                ? new Outcome(claim, OutcomeKind.Failed) { Reason = "uncertain" }
                : new Outcome(claim, OutcomeKind.Sent)
                {
                    Route = route,
                    TemplateId = prepared.TemplateId,
                    TemplateChannel = prepared.TemplateChannel,
                    Subject = prepared.Subject,
                    Body = prepared.Body,
                };
        }

        var templateId = claim.PinnedTemplateId ?? TemplateChoice.For(claim.Trigger, band, mood.ConversationCount);
        var template = templates.Book.Find(new TemplateKey(templateId, claim.Locale, lane.Name));
        var worded = TemplateRenderer.Render(template, Values(claim, now), claim.Locale);
        return worded.Body is null
            ? new Outcome(claim, OutcomeKind.Retry) { Reason = worded.Error }.TryLater(options.Value, now)
            : new Outcome(claim, OutcomeKind.Sent)
            {
                Route = route,
                Mood = band,
                MoodScore = mood.Score,
                TemplateId = templateId,
                Template = template,
                TemplateChannel = template.Channel,
                Subject = worded.Subject,
                Body = worded.Body,
            };
    }

    private static IEnumerable<KeyValuePair<string, FluidValue>> Values(Claim claim, DateTimeOffset now)
    {
        foreach (var own in TemplateVariables.Own(claim.Variables))
        {
            yield return own;
        }

        yield return new(TemplateVariables.UserId, new StringValue(claim.UserId));
        if (claim.BookingId is { } booking)
        {
            yield return new(TemplateVariables.BookingId, new StringValue(booking));
        }

        if (claim.EventAt is { } eventAt)
        {
            var local = Instant.FromDateTimeOffset(eventAt).InZone(claim.Zone).ToDateTimeOffset();
            yield return new(TemplateVariables.EventDate, new StringValue(TemplateVariables.Date(local, claim.Locale)));
        }

        if (claim.LastActivityAt is { } active)
        {
            yield return new(TemplateVariables.DaysInactive, NumberValue.Create((int)(now - active).TotalDays));
        }

        if (claim.Message is { } message)
        {
            yield return new(TemplateVariables.CustomMessage, new StringValue(message));
        }
    }
}
