using System.Text.Json;
using FluentValidation;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace Host.Pipeline;

// The one place where an exception becomes an answer. What the caller did wrong is told; what went wrong here is told to the log.
internal sealed partial class ProblemDetailsHandler(
    IProblemDetailsService problems,
    ILogger<ProblemDetailsHandler> logger
) : IExceptionHandler
{
    private const string RetrySeconds = "2";

    public ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        var problem = Problem(context, exception);
        context.Response.StatusCode = problem.Status!.Value;
        if (problem.Status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = RetrySeconds;
            LogUnavailable(logger, ProblemWriter.TraceId(context), Faults.Describe(exception));
        }
        else if (problem.Status >= StatusCodes.Status500InternalServerError)
        {
            LogFault(
                logger,
                context.Request.Method,
                Route(context),
                ProblemWriter.TraceId(context),
                Faults.Describe(exception)
            );
        }

        return problems.TryWriteAsync(new ProblemDetailsContext { HttpContext = context, ProblemDetails = problem });
    }

    private static ProblemDetails Problem(HttpContext context, Exception exception) =>
        exception switch
        {
            ValidationException invalid => Invalid(
                invalid
                    .Errors.GroupBy(failure => Field(context, failure.PropertyName))
                    .ToDictionary(field => field.Key, field => field.Select(failure => failure.ErrorMessage).ToArray())
            ),
            BadHttpRequestException { InnerException: JsonException json } => Invalid(
                new()
                {
                    [Field(context, json.Path is null or "$" ? "body" : json.Path.TrimStart('$').TrimStart('.'))] =
                    [
                        Reason(json),
                    ],
                }
            ),
            BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } bad => Invalid(Parameter(bad)),
            // "... charset 'x' is not a known encoding."
            InvalidOperationException unread
                when unread.Message.EndsWith("is not a known encoding.", StringComparison.Ordinal) => new ProblemDetails
            {
                Status = StatusCodes.Status415UnsupportedMediaType,
                Detail = "The charset of the body is not known; JSON is UTF-8.",
            },
            BadHttpRequestException bad => new ProblemDetails { Status = bad.StatusCode },
            _ when Faults.IsUnavailable(exception) => new ProblemDetails
            {
                Status = StatusCodes.Status503ServiceUnavailable,
                Title = "The database cannot be reached.",
                Detail = "Nothing was changed, or it is unknown whether it was. Repeat the request.",
            },
            _ => new ProblemDetails
            {
                Status = StatusCodes.Status500InternalServerError,
                Title = "The request failed here.",
                Detail = "The log has more under this trace id.",
            },
        };

    private static HttpValidationProblemDetails Invalid(Dictionary<string, string[]> errors) =>
        new(errors) { Status = StatusCodes.Status400BadRequest };

    // A request for one message is a batch of one to the module; its caller never saw a list.
    private static string Field(HttpContext context, string path)
    {
        var field = string.Join('.', path.Split('.').Select(JsonNamingPolicy.CamelCase.ConvertName));
        return
            context.Features.Get<IExceptionHandlerFeature>()?.Endpoint?.Metadata.GetMetadata<SingleItem>() is { } single
            && field.StartsWith($"{single.List}[0].", StringComparison.Ordinal)
            ? field[(single.List.Length + 4)..]
            : field;
    }

    // The serializer names our types and its own coordinates: neither helps who sent the body.
    private static string Reason(JsonException json) =>
        json.Message.StartsWith("The JSON value could not be converted", StringComparison.Ordinal)
            ? "The value has the wrong type, or is none of those allowed."
        : json.Message.StartsWith("Duplicate property", StringComparison.Ordinal) ? "It is given more than once."
        : json.Message.Split(" Path:")[0].Split(" LineNumber:")[0];

    // "Failed to bind parameter "int limit" from "x"." names the parameter second; what names none is about the body.
    private static Dictionary<string, string[]> Parameter(BadHttpRequestException bad) =>
        bad.Message.Split('"') is [var what, var declaration, ..]
        && what.StartsWith("Failed to bind", StringComparison.Ordinal)
            ? new() { [declaration.Split(' ')[^1]] = ["The value has the wrong type, or is none of those allowed."] }
            : new() { ["body"] = ["A JSON body is needed."] };

    // The pattern, not the path: ids are the caller's business.
    private static string Route(HttpContext context) =>
        (context.Features.Get<IExceptionHandlerFeature>()?.Endpoint as RouteEndpoint)?.RoutePattern.RawText ?? "";

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Route} failed (trace {Trace}): {Fault}")]
    private static partial void LogFault(ILogger logger, string method, string route, string trace, string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database cannot be reached (trace {Trace}): {Fault}")]
    private static partial void LogUnavailable(ILogger logger, string trace, string fault);
}

internal sealed record SingleItem(string List);
