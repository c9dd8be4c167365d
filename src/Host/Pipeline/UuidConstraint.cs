namespace Host.Pipeline;

// A UUID in a path, as the document writes it: what is none, or is all zeros and names nothing, is no route and so 404.
internal sealed class UuidConstraint : IRouteConstraint
{
    public const string Name = "uuid";

    public bool Match(
        HttpContext? httpContext,
        IRouter? route,
        string routeKey,
        RouteValueDictionary values,
        RouteDirection routeDirection
    ) => Guid.TryParseExact(values[routeKey]?.ToString(), "D", out var id) && id != Guid.Empty;
}
