using System.Text;
using FluentValidation;
using Microsoft.AspNetCore.Http.Features;

namespace Host.Pipeline;

// Kestrel leaves an escape that is no UTF-8, such as half of a surrogate pair (%ED%A0%80), as it is: it would be kept as an id's letters.
internal static class MalformedPaths
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public static Task Refuse(HttpContext context, RequestDelegate next) =>
        IsWellFormed(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.AsSpan())
            ? next(context)
            : throw new ValidationException([new("path", "Its escapes must be UTF-8.")]);

    private static bool IsWellFormed(ReadOnlySpan<char> target)
    {
        target = target.IndexOf('?') is var query and >= 0 ? target[..query] : target;
        if (!target.Contains('%'))
        {
            return true;
        }

        var bytes = new byte[target.Length];
        var length = 0;
        for (var at = 0; at < target.Length; at++)
        {
            if (
                target[at] == '%'
                && at + 2 < target.Length
                && byte.TryParse(
                    target[(at + 1)..(at + 3)],
                    System.Globalization.NumberStyles.AllowHexSpecifier,
                    null,
                    out var escaped
                )
            )
            {
                bytes[length++] = escaped;
                at += 2;
            }
            else
            {
                bytes[length++] = (byte)target[at];
            }
        }

        try
        {
            Strict.GetCharCount(bytes, 0, length);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
