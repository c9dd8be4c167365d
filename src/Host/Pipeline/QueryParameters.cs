using System.Collections.Frozen;
using FluentValidation;
using FluentValidation.Results;
using Host.OpenApi;
using Microsoft.AspNetCore.Http.Metadata;

namespace Host.Pipeline;

// The query parameters that a call takes. One misspelt would else be as if it had not been said, and one said twice be read as both at once.
internal sealed record QueryParameters(FrozenSet<string> Names)
{
    // On the group of all routes, once what each binds is known: a page for people is no call, and stays lenient.
    public static void Collect(EndpointBuilder endpoint)
    {
        if (endpoint is not RouteEndpointBuilder route || !endpoint.Metadata.OfType<Call>().Any())
        {
            return;
        }

        var bound = endpoint
            .Metadata.OfType<IParameterBindingMetadata>()
            .Where(parameter => parameter.HasTryParse || parameter.ParameterInfo.ParameterType == typeof(string))
            .Select(parameter => parameter.Name)
            .Except(route.RoutePattern.Parameters.Select(parameter => parameter.Name));
        endpoint.Metadata.Add(new QueryParameters(bound.ToFrozenSet(StringComparer.OrdinalIgnoreCase)));
    }

    public static Task Check(HttpContext context, RequestDelegate next)
    {
        if (
            context.Request.QueryString.HasValue
            && context.GetEndpoint()?.Metadata.GetMetadata<QueryParameters>() is { } taken
            && taken.Wrong(context.Request.Query).ToList() is { Count: > 0 } wrong
        )
        {
            throw new ValidationException(wrong);
        }

        return next(context);
    }

    private IEnumerable<ValidationFailure> Wrong(IQueryCollection query)
    {
        foreach (var (name, values) in query)
        {
            if (!Names.TryGetValue(name, out var known))
            {
                var taken = Names.Count == 0 ? "none" : string.Join(", ", Names.Order(StringComparer.Ordinal));
                yield return new(
                    name.Length == 0 ? "query" : name,
                    $"There is no such query parameter. This call takes: {taken}."
                );
            }
            else if (values.Count > 1)
            {
                yield return new(known, "It is given more than once.");
            }
        }
    }
}
