namespace FollowUps.Wording;

// For everyone whose language has no texts of its own.
internal static class EnglishTexts
{
    public static readonly TemplateText[] All =
    [
        new TemplateText(
            BuiltInTemplates.PostEventHigh,
            "How lovely that was",
            "It was a pleasure to look after you{% if event_date %} on {{ event_date }}{% endif %}. "
                + "If you have a minute, a few words about your day would mean a lot to us, and we would gladly plan the next one with you."
        ),
        new TemplateText(
            BuiltInTemplates.PostEventNeutral,
            "How was it for you?",
            "Thank you for having us{% if event_date %} on {{ event_date }}{% endif %}. "
                + "How was it for you? Tell us what went well and what we should do better: we read every answer."
        ),
        new TemplateText(
            BuiltInTemplates.PostEventLow,
            "We would like to make it right",
            "Not everything{% if event_date %} on {{ event_date }}{% endif %} went as you had hoped, and we are sorry. "
                + "Please tell us what happened. Someone from our team will answer you in person and put right what we can."
        ),
        new TemplateText(
            BuiltInTemplates.ReengagementGeneral,
            "Is there anything we can do for you?",
            "We have not heard from each other{% if days_inactive %} for {{ days_inactive }} days{% endif %}. "
                + "If a date or an idea is on your mind, just answer here and we will take it from there."
        ),
        new TemplateText(
            BuiltInTemplates.ReengagementPastCustomer,
            "It would be good to see you again",
            "It has been a while{% if days_inactive %}: {{ days_inactive }} days{% endif %} since we last spoke. "
                + "We remember what you like; say when, and we will suggest something that fits."
        ),
        new TemplateText(
            BuiltInTemplates.EmotionCheckIn,
            "Can we help?",
            "Our last messages left us with the feeling that something is not right. "
                + "What can we do? If you would rather talk to a person, answer with a good time and we will call."
        ),
        // Without a message the customer would get an empty text.
        new TemplateText(
            BuiltInTemplates.Custom,
            null,
            "{% if custom_message %}{{ custom_message }}{% else %}Hello! There is something that we would like to tell you. "
                + "Simply answer this message, and we will get back to you.{% endif %}"
        ),
    ];
}
