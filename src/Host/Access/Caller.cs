using System.Security.Claims;

namespace Host.Access;

// Who calls: what limits and stored answers are kept by.
internal static class Caller
{
    public const string Scope = "scope";
    public const string Subject = "sub";
    public const string Local = "local";

    private const string KeyIssuer = "key";

    public static ClaimsPrincipal New(string subject, IEnumerable<string> scopes, string scheme) =>
        new(
            new ClaimsIdentity(
                [
                    new(Subject, subject, ClaimValueTypes.String, KeyIssuer),
                    .. scopes.Select(scope => new Claim(Scope, scope)),
                ],
                scheme,
                Subject,
                null
            )
        );

    public static bool IsLocal(HttpContext context) =>
        context.User.Identity?.AuthenticationType == OpenDoorAuthentication.Name;

    // Null for a stranger. A token's subject is unique to its issuer only; one without is known by its client.
    public static string? Of(HttpContext context)
    {
        var user = context.User;
        var claim = user.FindFirst(Subject) ?? user.FindFirst("client_id") ?? user.FindFirst("azp");
        return claim is null ? null : $"{claim.Issuer} {claim.Value}";
    }
}
