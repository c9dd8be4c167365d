using System.Net.Mime;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Host.OpenApi;

// What the document says of a call: its name for generated clients, a line for readers, the request record whose documentation describes it,
// what it answers, and which errors it has beside those that every call has.
internal sealed record Call(string Name, string Summary, Type? Request, Type? Answer, params int[] Statuses)
{
    // A body that works as it stands.
    public string? Example { get; init; }

    // What a body says, where its record is the whole call and documented as that.
    public string? Body { get; init; }

    // Its answers carry an ETag, by which a reader need not read again and a change may say what it was made from.
    public bool Tagged { get; init; }

    // What it creates can be read where Location says.
    public bool Located { get; init; }

    // In the place of the record's documentation, where there is none or it is of several calls.
    public string? Text { get; init; }

    public string Description => Text ?? (Request is null ? "" : Documentation.Of(Request));

    public static string Key(string method, RoutePattern pattern) =>
        $"{method} /{string.Join('/', pattern.PathSegments.Select(Segment))}";

    // On the group of all routes: gives each what the table says of it.
    public static void Describe(EndpointBuilder endpoint)
    {
        var methods = endpoint.Metadata.OfType<IHttpMethodMetadata>().SelectMany(m => m.HttpMethods).ToList();
        if (endpoint is not RouteEndpointBuilder route || methods is not [var method])
        {
            return;
        }

        if (Calls.All.GetValueOrDefault(Key(method, route.RoutePattern)) is not { } call)
        {
            // A page for people is no call.
            endpoint.Metadata.Add(new ExcludeFromDescriptionAttribute());
            return;
        }

        endpoint.Metadata.Add(call);
        endpoint.Metadata.Add(new EndpointNameMetadata(call.Name));
        endpoint.Metadata.Add(new EndpointSummaryAttribute(call.Summary));
        endpoint.Metadata.Add(new EndpointDescriptionAttribute(call.Description));
        foreach (var status in call.Statuses.Where(status => status < 300))
        {
            endpoint.Metadata.Add(
                new ProducesResponseTypeMetadata(status, call.Answer, [MediaTypeNames.Application.Json])
            );
        }

        foreach (var status in Problems(method, call).Distinct().Order())
        {
            endpoint.Metadata.Add(
                new ProducesResponseTypeMetadata(
                    status,
                    status == StatusCodes.Status400BadRequest
                        ? typeof(HttpValidationProblemDetails)
                        : typeof(ProblemDetails),
                    [MediaTypeNames.Application.ProblemJson]
                )
            );
        }
    }

    private static IEnumerable<int> Problems(string method, Call call) =>
        [
            .. call.Statuses.Where(status => status >= 400),
            StatusCodes.Status400BadRequest,
            StatusCodes.Status401Unauthorized,
            StatusCodes.Status403Forbidden,
            StatusCodes.Status429TooManyRequests,
            StatusCodes.Status500InternalServerError,
            StatusCodes.Status503ServiceUnavailable,
            .. call.Tagged && !HttpMethods.IsGet(method)
                ? [StatusCodes.Status412PreconditionFailed]
                : Array.Empty<int>(),
            .. HttpMethods.IsGet(method) || HttpMethods.IsDelete(method)
                ? Array.Empty<int>()
                : [StatusCodes.Status413PayloadTooLarge, StatusCodes.Status415UnsupportedMediaType],
            .. HttpMethods.IsPost(method)
                ? [StatusCodes.Status409Conflict, StatusCodes.Status422UnprocessableEntity]
                : Array.Empty<int>(),
        ];

    private static string Segment(RoutePatternPathSegment segment) =>
        segment.Parts[0] switch
        {
            RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
            RoutePatternLiteralPart literal => literal.Content,
            _ => "",
        };
}
