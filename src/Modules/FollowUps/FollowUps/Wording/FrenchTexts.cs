namespace FollowUps.Wording;

// Addressed formally (vous).
internal static class FrenchTexts
{
    private const string Locale = "fr";

    public static readonly TemplateText[] All =
    [
        new TemplateText(
            BuiltInTemplates.PostEventHigh,
            "Un très beau moment",
            "Ce fut un plaisir de nous occuper de vous{% if event_date %} le {{ event_date }}{% endif %}. Si vous avez"
                + " une minute, quelques mots sur votre journée nous feraient très plaisir, et nous préparerions volontiers "
                + "la prochaine avec vous.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.PostEventNeutral,
            "Comment cela s'est-il passé ?",
            "Merci de nous avoir fait confiance{% if event_date %} le {{ event_date }}{% endif %}. Comment cela "
                + "s'est-il passé pour vous ? Dites-nous ce qui vous a plu et ce que nous devrions améliorer : nous lisons "
                + "chaque réponse.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.PostEventLow,
            "Nous voudrions nous rattraper",
            "Tout ne s'est pas passé comme vous l'espériez{% if event_date %} le {{ event_date }}{% endif %}, et nous "
                + "en sommes désolés. Dites-nous ce qui est arrivé. Quelqu'un de notre équipe vous répondra personnellement "
                + "et nous réparerons ce qui peut l'être.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.ReengagementGeneral,
            "Pouvons-nous faire quelque chose pour vous ?",
            "Nous n'avons plus échangé depuis {% if days_inactive %}{{ days_inactive }} jours{% else %}longtemps{% "
                + "endif %}. Si vous pensez à une date ou si vous avez une idée, répondez simplement ici et nous nous "
                + "occupons de la suite.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.ReengagementPastCustomer,
            "Nous serions heureux de vous revoir",
            "Cela fait un moment{% if days_inactive %}, {{ days_inactive }} jours déjà,{% endif %} que nous ne nous "
                + "sommes pas parlé. Nous nous souvenons de ce que vous aimez : dites-nous quand, et nous vous proposerons "
                + "quelque chose qui vous convient.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.EmotionCheckIn,
            "Pouvons-nous vous aider ?",
            "Après nos derniers messages, nous avons le sentiment que quelque chose ne va pas. Que pouvons-nous faire "
                + "? Si vous préférez parler à quelqu'un, indiquez-nous un moment qui vous convient et nous vous "
                + "appellerons.",
            Locale
        ),
    ];
}
