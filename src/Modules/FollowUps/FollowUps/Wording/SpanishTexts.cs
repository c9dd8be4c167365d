namespace FollowUps.Wording;

// Addressed formally (usted).
internal static class SpanishTexts
{
    private const string Locale = "es";

    public static readonly TemplateText[] All =
    [
        new TemplateText(
            BuiltInTemplates.PostEventHigh,
            "Qué bonito fue",
            "Fue un placer atenderle{% if event_date %} el {{ event_date }}{% endif %}. Si tiene un minuto, unas "
                + "palabras sobre su día nos harían mucha ilusión, y con gusto prepararíamos el próximo con usted.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.PostEventNeutral,
            "¿Qué le pareció?",
            "Gracias por contar con nosotros{% if event_date %} el {{ event_date }}{% endif %}. ¿Qué le pareció? "
                + "Díganos qué salió bien y qué deberíamos mejorar: leemos todas las respuestas.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.PostEventLow,
            "Queremos arreglarlo",
            "No todo salió como usted esperaba{% if event_date %} el {{ event_date }}{% endif %}, y lo sentimos. "
                + "Cuéntenos qué pasó, por favor. Alguien de nuestro equipo le responderá personalmente y arreglaremos lo "
                + "que podamos.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.ReengagementGeneral,
            "¿Podemos hacer algo por usted?",
            "Hace {% if days_inactive %}{{ days_inactive }} días{% else %}mucho tiempo{% endif %} que no sabemos de "
                + "usted. Si tiene en mente una fecha o una idea, responda aquí mismo y nosotros nos encargamos del resto.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.ReengagementPastCustomer,
            "Nos gustaría volver a verle",
            "Ha pasado un tiempo{% if days_inactive %}, {{ days_inactive }} días,{% endif %} desde la última vez que "
                + "hablamos. Recordamos lo que le gusta: díganos cuándo y le propondremos algo a su medida.",
            Locale
        ),
        new TemplateText(
            BuiltInTemplates.EmotionCheckIn,
            "¿Podemos ayudarle?",
            "Por nuestros últimos mensajes nos queda la sensación de que algo no va bien. ¿Qué podemos hacer? Si "
                + "prefiere hablar con una persona, indíquenos una buena hora y le llamaremos.",
            Locale
        ),
    ];
}
