using System.Diagnostics;
using Host.Access;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;

namespace Host.Pipeline;

// Every error is a problem document (RFC 9457), whatever the caller says it accepts; each carries the trace id that the log has.
internal sealed class ProblemWriter(IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions> json) : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) => true;

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var (response, problem) = (context.HttpContext.Response, context.ProblemDetails);
        Complete(context.HttpContext, problem);
        await response.WriteAsJsonAsync(
            problem,
            problem.GetType(),
            json.Value.SerializerOptions,
            "application/problem+json",
            context.HttpContext.RequestAborted
        );
    }

    public static string TraceId(HttpContext context) =>
        Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier;

    private static void Complete(HttpContext context, ProblemDetails problem)
    {
        problem.Status ??= context.Response.StatusCode;
        // A result of ASP.NET's own comes with the section of an RFC.
        problem.Type = "about:blank";
        problem.Title ??= ReasonPhrases.GetReasonPhrase(problem.Status.Value);
        problem.Detail ??= problem.Status switch
        {
            StatusCodes.Status401Unauthorized => Stranger(context.Request.Headers),
            StatusCodes.Status403Forbidden => $"The key or token lacks the scope {Scopes.NeededBy(context)}.",
            StatusCodes.Status415UnsupportedMediaType => "Send application/json.",
            _ => null,
        };
        problem.Extensions["traceId"] = TraceId(context);
        if (problem.Status == StatusCodes.Status413PayloadTooLarge)
        {
            problem.Extensions["errors"] = new Dictionary<string, string[]> { ["body"] = ["It is too large."] };
        }
    }

    private static string Stranger(IHeaderDictionary sent) =>
        sent.ContainsKey(ApiKeyAuthentication.Header)
            ? $"The key in the header {ApiKeyAuthentication.Header} is unknown, revoked or expired."
        : sent.ContainsKey("Authorization") ? "The bearer token does not count here."
        : $"A key is needed (header {ApiKeyAuthentication.Header}), or a bearer token.";
}
