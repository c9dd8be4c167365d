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
            if (EnumWordConverter.Word(member) == value)
            {
                return member;
            }
        }

        throw new ValidationException([
            new(name, $"It must be one of {string.Join(", ", EnumWordConverter.Words(typeof(T)))}."),
        ]);
    }

    public static DateTimeOffset? Instant(string name, string? value) =>
        value is null ? null
        : OffsetDateTimeConverter.TryParse(value, out var instant) ? instant
        : throw new ValidationException([new(name, OffsetDateTimeConverter.Wanted)]);
}
