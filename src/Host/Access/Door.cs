using System.Net;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Host.Access;

// Open: whoever sits at this machine may call without a key. Decided at start; the first key that is ever made shuts it for good.
internal sealed class Door
{
    public bool IsOpen { get; set; }

    // Not what a proxy passes on from elsewhere, nor a page of another site whose name was made to lead here (DNS rebinding).
    public bool LetsIn(HttpContext context) =>
        IsOpen
        && context.Connection.RemoteIpAddress is { } address
        && IPAddress.IsLoopback(address)
        && IsLoopback(context.Request.Host.Host)
        && !context.Request.Headers.ContainsKey("X-Forwarded-For")
        && !context.Request.Headers.ContainsKey("Forwarded");

    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}

internal sealed class OpenDoorAuthentication(
    Door door,
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logs,
    UrlEncoder encoder
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logs, encoder)
{
    public const string Name = "OpenDoor";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() =>
        Task.FromResult(
            door.LetsIn(Context)
                ? AuthenticateResult.Success(new(Caller.New(Caller.Local, Scopes.All, Name), Name))
                : AuthenticateResult.NoResult()
        );

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.Append("WWW-Authenticate", "Bearer, " + ApiKeyAuthentication.Name);
        return base.HandleChallengeAsync(properties);
    }
}
