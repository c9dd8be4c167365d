using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;

namespace Host.Access;

// What a caller may do. Every route needs one of these; admin holds them all.
internal static class Scopes
{
    public const string Conversations = "conversations";
    public const string FollowUps = "followups";
    public const string Admin = "admin";
    public const string Write = ".write";

    private const string Read = ".read";

    public static readonly IReadOnlyList<string> All =
    [
        Conversations + Read,
        Conversations + Write,
        FollowUps + Read,
        FollowUps + Write,
        Admin,
    ];

    public static string List => string.Join(", ", All);

    // On a group: its GET routes need <area>.read, all others <area>.write.
    public static TBuilder Needs<TBuilder>(this TBuilder routes, string area)
        where TBuilder : IEndpointConventionBuilder
    {
        routes.Add(endpoint =>
        {
            var methods = endpoint.Metadata.OfType<IHttpMethodMetadata>().SelectMany(m => m.HttpMethods).ToList();
            var reads = methods.Count > 0 && methods.All(HttpMethods.IsGet);
            endpoint.Metadata.Add(
                new AuthorizeAttribute(
                    area == Admin ? Admin
                    : reads ? area + Read
                    : area + Write
                )
            );
        });
        return routes;
    }

    public static string? NeededBy(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<IAuthorizeData>()?.Policy;

    public static void AddPolicies(AuthorizationOptions options)
    {
        foreach (var scope in All)
        {
            options.AddPolicy(
                scope,
                policy => policy.RequireAuthenticatedUser().RequireAssertion(access => Holds(access.User, scope))
            );
        }

        // A route that was given no scope is closed to everyone; what is no route is 404, 405 or 415 to whoever may call at all.
        options.FallbackPolicy = new AuthorizationPolicyBuilder()
            .RequireAuthenticatedUser()
            .RequireAssertion(access =>
                access.Resource is HttpContext context && context.GetEndpoint() is not RouteEndpoint
            )
            .Build();
    }

    // As one claim a scope, or all in one, separated by spaces (RFC 8693); "scp" is what some issuers call it.
    private static bool Holds(ClaimsPrincipal user, string scope) =>
        user
            .Claims.Where(claim => claim.Type is Caller.Scope or "scp")
            .SelectMany(claim => claim.Value.Split(' '))
            .Any(held => held == scope || held == Admin);
}
