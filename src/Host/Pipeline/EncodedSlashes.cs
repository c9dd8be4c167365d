using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Host.Pipeline;

// Kestrel decodes a path but for %2F, so that it stays apart from the path's own slashes. An id is any text: a route value whose segment
// holds %2F is read again from what the caller sent. (Replacing %2F in the value would also turn the id "50%2F50" into "50/50".)
internal static class EncodedSlashes
{
    public static Task Decode(HttpContext context, RequestDelegate next)
    {
        var path = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];
        if (HoldsSlash(path) && context.GetEndpoint() is RouteEndpoint { RoutePattern.PathSegments: var pattern })
        {
            foreach (var (segment, sent) in pattern.Zip(path.TrimStart('/').Split('/')))
            {
                if (segment is { IsSimple: true, Parts: [RoutePatternParameterPart parameter] } && HoldsSlash(sent))
                {
                    context.Request.RouteValues[parameter.Name] = Uri.UnescapeDataString(sent);
                }
            }
        }

        return next(context);
    }

    private static bool HoldsSlash(string encoded) => encoded.Contains("%2F", StringComparison.OrdinalIgnoreCase);
}
