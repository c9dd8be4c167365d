using System.Net;
using Host.Idempotency;
using Microsoft.AspNetCore.HttpOverrides;

namespace Host.Limits;

internal static class WebSetup
{
    // The page of the API writes scripts and styles into itself, and asks nobody else for anything.
    private const string OwnOrigin =
        "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; frame-ancestors 'none'; form-action 'none'; base-uri 'none'";

    // What a page of another origin may read beside the body.
    private static readonly string[] Told = ["ETag", "Location", "Retry-After", IdempotencyKeys.Replayed];

    public static void AddWeb(this IServiceCollection services, IConfiguration configuration)
    {
        var web = configuration.GetSection(WebOptions.Section).Get<WebOptions>() ?? new();
        string[] origins = [.. web.Origins.Select(Origin)];
        services.AddCors(options =>
            options.AddDefaultPolicy(policy =>
                policy.WithOrigins(origins).AllowAnyHeader().AllowAnyMethod().WithExposedHeaders(Told)
            )
        );
        services.Configure<ForwardedHeadersOptions>(options =>
        {
            options.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
            options.KnownProxies.Clear();
            options.KnownIPNetworks.Clear();
            foreach (var proxy in web.Proxies)
            {
                options.KnownIPNetworks.Add(Network(proxy));
            }
        });
        services.AddHsts(options => options.MaxAge = TimeSpan.FromDays(365));
    }

    public static void UseWeb(this WebApplication app)
    {
        var web = app.Configuration.GetSection(WebOptions.Section).Get<WebOptions>() ?? new();
        if (web.Proxies.Count > 0)
        {
            app.UseForwardedHeaders();
        }

        if (web.Hsts)
        {
            app.UseHsts();
        }

        app.Use(Harden);
        if (web.Origins.Count > 0)
        {
            app.UseCors();
        }
    }

    // A page that needs more says so itself.
    private static Task Harden(HttpContext context, RequestDelegate next)
    {
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers.TryAdd("X-Frame-Options", "DENY");
            headers.TryAdd("Referrer-Policy", "no-referrer");
            if (context.Request.Path.StartsWithSegments("/api"))
            {
                headers.TryAdd("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
                headers.TryAdd("Cache-Control", "no-store");
            }
            else if (context.Request.Path.StartsWithSegments("/scalar"))
            {
                headers.TryAdd("Content-Security-Policy", OwnOrigin);
            }

            return Task.CompletedTask;
        });
        return next(context);
    }

    // As a browser names it: with a slash or a path behind it would never match.
    private static string Origin(string origin) =>
        origin == "*"
        || (
            Uri.TryCreate(origin, UriKind.Absolute, out var page)
            && page.Scheme is "http" or "https"
            && page.AbsoluteUri == $"{origin.ToLowerInvariant()}/"
        )
            ? origin
            : throw new StartException(
                $"{WebOptions.Section}:Origins: {origin} is no origin, such as https://desk.example.com."
            );

    private static System.Net.IPNetwork Network(string proxy) =>
        System.Net.IPNetwork.TryParse(proxy, out var network) ? network
        : IPAddress.TryParse(proxy, out var address)
            ? new(address, address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128)
        : throw new StartException($"{WebOptions.Section}:Proxies: {proxy} is neither an address nor a network.");
}
