namespace FollowUps.Wording;

// Addressed formally (Sie).
internal static class GermanTexts
{
    private const string Locale = "de";

    public static readonly TemplateText[] All =
    [
        new TemplateText(
            BuiltInTemplates.PostEventHigh,
            "Wie schön das war",
            "Es war uns eine Freude, {% if event_date %}am {{ event_date }} {% endif %}für Sie da zu sein. Wenn Sie "
                + "einen Moment Zeit haben, freuen wir uns über ein paar Worte zu Ihrem Tag, und den nächsten planen wir "
                + "gern mit Ihnen.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.PostEventNeutral,
            "Wie war es für Sie?",
            "Vielen Dank, dass wir {% if event_date %}am {{ event_date }} {% endif %}für Sie da sein durften. Wie war "
                + "es für Sie? Sagen Sie uns, was gelungen ist und was wir besser machen sollten: Wir lesen jede Antwort.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.PostEventLow,
            "Das möchten wir wiedergutmachen",
            "{% if event_date %}Am {{ event_date }} ist nicht alles{% else %}Nicht alles ist{% endif %} so verlaufen, "
                + "wie Sie es sich gewünscht hatten. Das tut uns leid. Bitte schreiben Sie uns, was geschehen ist. Jemand "
                + "aus unserem Team antwortet Ihnen persönlich, und wir bringen in Ordnung, was wir können.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.ReengagementGeneral,
            "Können wir etwas für Sie tun?",
            "Wir haben {% if days_inactive %}seit {{ days_inactive }} Tagen{% else %}lange{% endif %} nichts "
                + "voneinander gehört. Wenn Ihnen ein Termin oder eine Idee im Kopf herumgeht, antworten Sie einfach hier, "
                + "und wir kümmern uns um alles Weitere.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.ReengagementPastCustomer,
            "Schön wäre es, Sie wiederzusehen",
            "Es ist eine Weile her{% if days_inactive %}, genau {{ days_inactive }} Tage{% endif %}, dass wir "
                + "miteinander gesprochen haben. Was Sie mögen, haben wir nicht vergessen: Nennen Sie uns einen Termin, und "
                + "wir schlagen etwas Passendes vor.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.EmotionCheckIn,
            "Können wir helfen?",
            "Nach unseren letzten Nachrichten haben wir das Gefühl, dass etwas nicht stimmt. Was können wir tun? Wenn "
                + "Sie lieber mit einem Menschen sprechen, nennen Sie uns eine gute Zeit, und wir rufen Sie an.",
            Locale
        ),
    ];
}
