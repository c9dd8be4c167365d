using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Host.Pipeline;

// A page's place, opaque to callers.
internal static class Cursor
{
    private static readonly JsonSerializerOptions Strict = new()
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    public static string? Write<T>(T? key)
        where T : class => key is null ? null : WebEncoders.Base64UrlEncode(JsonSerializer.SerializeToUtf8Bytes(key));

    public static T? Read<T>(string? cursor)
        where T : class
    {
        if (cursor is null)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<T>(WebEncoders.Base64UrlDecode(cursor), Strict)
                ?? throw new JsonException();
        }
        catch (Exception problem) when (problem is JsonException or FormatException)
        {
            throw new FluentValidation.ValidationException([
                new("cursor", "It must be a nextCursor of the same list."),
            ]);
        }
    }
}
