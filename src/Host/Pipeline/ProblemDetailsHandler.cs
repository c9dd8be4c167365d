using System.Text.Json;
using FluentValidation;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using Npgsql;

namespace Host.Pipeline;

// The one place where an exception becomes an answer.
internal sealed class ProblemDetailsHandler(IProblemDetailsService problems) : IExceptionHandler
{
    public ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (Problem(context, exception) is not { } problem)
        {
            return ValueTask.FromResult(false);
        }

        context.Response.StatusCode = problem.Status!.Value;
        return problems.TryWriteAsync(new ProblemDetailsContext { HttpContext = context, ProblemDetails = problem });
    }

    private static ProblemDetails? Problem(HttpContext context, Exception exception) =>
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
            BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } bad => Invalid(
                new() { [Parameter(bad)] = [bad.Message] }
            ),
            BadHttpRequestException bad => new ProblemDetails { Status = bad.StatusCode, Title = bad.Message },
            NpgsqlException { IsTransient: true } => new ProblemDetails
            {
                Status = StatusCodes.Status503ServiceUnavailable,
                Title = "The database cannot be reached.",
            },
            _ => null,
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
            : json.Message.Split(" Path:")[0].Split(" LineNumber:")[0];

    // "Failed to bind parameter "int limit" from "x"." names the parameter second.
    private static string Parameter(BadHttpRequestException bad) =>
        bad.Message.Split('"') is [_, var declaration, ..] ? declaration.Split(' ')[^1] : "body";
}

internal sealed record SingleItem(string List);
