namespace FollowUps.Wording;

// Addressed formally (Lei).
internal static class ItalianTexts
{
    private const string Locale = "it";

    public static readonly TemplateText[] All =
    [
        new TemplateText(
            BuiltInTemplates.PostEventHigh,
            "Che bella giornata",
            "È stato un piacere occuparci di Lei{% if event_date %} {{ event_date }}{% endif %}. Se ha un minuto, due "
                + "parole sulla Sua giornata ci farebbero molto piacere, e organizzeremmo volentieri la prossima insieme a "
                + "Lei.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.PostEventNeutral,
            "Com'è andata?",
            "Grazie per averci scelto{% if event_date %} per {{ event_date }}{% endif %}. Com'è andata? Ci dica che "
                + "cosa ha funzionato e che cosa dovremmo fare meglio: leggiamo ogni risposta.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.PostEventLow,
            "Vorremmo rimediare",
            "Non tutto{% if event_date %}, {{ event_date }},{% endif %} è andato come sperava, e ce ne dispiace. Ci "
                + "racconti che cosa è successo. Una persona del nostro gruppo Le risponderà direttamente e rimedieremo a "
                + "quello che possiamo.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.ReengagementGeneral,
            "Possiamo fare qualcosa per Lei?",
            "Non ci sentiamo da {% if days_inactive %}{{ days_inactive }} giorni{% else %}molto tempo{% endif %}. Se "
                + "ha in mente una data o un'idea, risponda pure qui e al resto pensiamo noi.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.ReengagementPastCustomer,
            "Sarebbe bello rivederLa",
            "È passato un po' di tempo{% if days_inactive %}, {{ days_inactive }} giorni,{% endif %} da quando ci "
                + "siamo sentiti. Ricordiamo che cosa Le piace: ci dica quando, e Le proporremo qualcosa di adatto.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.EmotionCheckIn,
            "Possiamo aiutarLa?",
            "Dai nostri ultimi messaggi abbiamo l'impressione che qualcosa non vada. Che cosa possiamo fare? Se "
                + "preferisce parlare con una persona, ci indichi un'ora comoda e La chiameremo.",
            Locale
        ),
    ];
}
