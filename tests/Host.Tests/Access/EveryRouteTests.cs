using Host.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Testing;

namespace Host.Tests.Access;

// A new route fails here until its group says .Needs(Scopes.…): what a caller must hold.
public sealed class EveryRouteTests(HostFixture host) : IClassFixture<HostFixture>
{
    // Whoever may call these without a key is meant to: probes, the document and its page, a customer with a sealed link.
    private static readonly string[] Anonymous = ["/health/", "/openapi/v1.json", "/scalar", "/unsubscribe/{token}"];

    private List<RouteEndpoint> Routes =>
        [.. host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];

    [Fact]
    public void Every_route_names_the_scope_that_it_needs()
    {
        Assert.NotEmpty(Routes);
        Assert.All(
            // The root only leads to the page.
            Routes.Where(route =>
                Address(route) != "/"
                && !Anonymous.Any(start => Address(route).StartsWith(start, StringComparison.Ordinal))
            ),
            route =>
            {
                Assert.Empty(route.Metadata.OfType<IAllowAnonymous>());
                var scope = Assert.Single(route.Metadata.OfType<IAuthorizeData>()).Policy;
                Assert.True(scope is not null && Scopes.All.Contains(scope), $"{Address(route)} needs {scope}");
            }
        );
    }

    [Fact]
    public void What_needs_no_scope_is_meant_to()
    {
        foreach (var start in Anonymous)
        {
            var routes = Routes.Where(route => Address(route).StartsWith(start, StringComparison.Ordinal)).ToList();

            Assert.NotEmpty(routes);
            Assert.All(routes, route => Assert.NotEmpty(route.Metadata.OfType<IAllowAnonymous>()));
        }
    }

    private static string Address(RouteEndpoint route) => "/" + route.RoutePattern.RawText!.TrimStart('/');
}
