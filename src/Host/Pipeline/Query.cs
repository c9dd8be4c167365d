using System.Text.Json;
using FluentValidation;

namespace Host.Pipeline;

// Query values, read by the rules of the bodies.
internal static class Query
{
    public static T? Enum<T>(string name, string? value)
        where T : struct, Enum
    {
        if (value is null)
        {
            return null;
        }

        foreach (var member in System.Enum.GetValues<T>())
        {
            if (JsonNamingPolicy.SnakeCaseLower.ConvertName(member.ToString()) == value)
            {
                return member;
            }
        }

        var allowed = System.Enum.GetNames<T>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName);
        throw new ValidationException([new(name, $"It must be one of {string.Join(", ", allowed)}.")]);
    }

    public static DateTimeOffset? Instant(string name, string? value) =>
        value is null ? null
        : OffsetDateTimeConverter.TryParse(value, out var instant) ? instant
        : throw new ValidationException([
            new(name, "A date with an offset or Z is needed, such as 2031-11-05T18:00:00Z."),
        ]);
}
