using FollowUps.Contracts;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Host.Api;

// For customers, who have no key: the link itself is the permission. A mail program posts to it (RFC 8058); a person opens it and is asked,
// for scanners open links too.
internal static class Unsubscribe
{
    public static void MapUnsubscribe(this IEndpointRouteBuilder routes)
    {
        var link = routes.MapGroup("/unsubscribe/{token}").WithTags("Recipients").AllowAnonymous();
        link.MapGet("", Ask);
        link.MapPost("", OptOut);
    }

    private static async Task<IResult> Ask(
        string token,
        ISender modules,
        HttpContext context,
        CancellationToken cancellationToken
    ) =>
        await modules.Send(new ReadUnsubscribeLink(token), cancellationToken) is null
            ? TypedResults.NotFound()
            : Page(
                context,
                """
                <p>Do you want no more messages from us?</p>
                <form method="post"><button>Send me no more messages</button></form>
                <form method="post" action="?only=trigger"><button>Send me no more messages of this kind</button></form>
                """
            );

    private static async Task<IResult> OptOut(
        string token,
        ISender modules,
        HttpContext context,
        CancellationToken cancellationToken,
        string? only = null
    ) =>
        await modules.Send(new UnsubscribeRecipient(token, only == "trigger"), cancellationToken)
            ? Page(context, "<p>Done: you will not hear from us again unless you ask for it.</p>")
            : TypedResults.NotFound();

    private static ContentHttpResult Page(HttpContext context, string content)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.Headers["X-Robots-Tag"] = "noindex";
        return TypedResults.Content(
            $$"""
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>Unsubscribe</title>
            <style>body { font: 1.1rem/1.5 system-ui; margin: 3rem auto; max-width: 30rem; padding: 0 1rem } button { font: inherit; margin: .3rem 0 }</style>
            <main>
            {{content}}
            </main>
            </html>
            """,
            "text/html; charset=utf-8"
        );
    }
}
