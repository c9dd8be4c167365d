using System.Security.Cryptography;
using System.Text;
using FollowUps.Contracts;
using Npgsql;

namespace FollowUps.Wording;

// The words of one template for a locale and a channel (null: for all), parsed once, when first needed.
internal sealed class TemplateText(
    string id,
    string? subject,
    string body,
    string? locale = null,
    string? channel = null,
    int version = 0,
    string[]? variables = null,
    DateTimeOffset? updatedAt = null
)
{
    private readonly Lazy<ParsedLiquid?> parsedSubject = new(() => subject is null ? null : Liquid.Parse(subject));
    private readonly Lazy<ParsedLiquid> parsedBody = new(() => Liquid.Parse(body));

    public string Id => id;
    public string? Locale => locale;
    public string? Channel => channel;

    // From 1; 0 is built in.
    public int Version => version;
    public string? Subject => subject;
    public string Body => body;
    public IReadOnlyList<string> Variables => variables ?? [];
    public DateTimeOffset? UpdatedAt => updatedAt;
    public ParsedLiquid? ParsedSubject => parsedSubject.Value;
    public ParsedLiquid ParsedBody => parsedBody.Value;

    // SQL makes the same of a row. A built-in text has no number that tells one release's words from the next one's.
    public string Tag =>
        version > 0
            ? $"{locale}/{channel}/{version}"
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{subject}\n{body}")).AsSpan(0, 6));

    // Of TemplateTable.Columns.
    public static TemplateText Read(NpgsqlDataReader row, int from = 0) =>
        new(
            row.GetString(from),
            row.IsDBNull(from + 4) ? null : row.GetString(from + 4),
            row.GetString(from + 5),
            OrNull(row.GetString(from + 1)),
            OrNull(row.GetString(from + 2)),
            row.GetInt32(from + 3),
            row.GetFieldValue<string[]>(from + 6),
            row.GetFieldValue<DateTimeOffset>(from + 7)
        );

    public Template ToContract()
    {
        var kind = BuiltInTemplates.Kinds[id];
        return new Template
        {
            Id = id,
            Locale = locale,
            Channel = channel,
            Version = version,
            Source = version > 0 ? TemplateSource.Override : TemplateSource.BuiltIn,
            Trigger = kind.Trigger,
            Mood = kind.Mood,
            Subject = subject,
            Body = body,
            Variables = Variables,
            UpdatedAt = updatedAt,
            Tag = Tag,
        };
    }

    private static string? OrNull(string text) => text.Length == 0 ? null : text;
}
