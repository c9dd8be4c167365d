using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Host.Access;

internal sealed class ApiKeyAuthentication(
    KnownKeys keys,
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logs,
    UrlEncoder encoder
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logs, encoder)
{
    public const string Name = "ApiKey";
    public const string Header = "X-Api-Key";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers[Header] is not [{ } text])
        {
            return AuthenticateResult.NoResult();
        }

        return await keys.FindAsync(text, Context.RequestAborted) is { } key
            ? AuthenticateResult.Success(new(Caller.New(key.Id, key.Scopes, Name), Name))
            : AuthenticateResult.Fail("No such key.");
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.Append("WWW-Authenticate", Name);
        return base.HandleChallengeAsync(properties);
    }
}
