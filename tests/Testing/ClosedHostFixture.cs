using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Testing;

// A host that an issuer of tokens is configured for: it lets no stranger in.
public class ClosedHostFixture : HostFixture
{
    public const string Issuer = "https://issuer.example.org";
    public const string Audience = "followups";

    private readonly byte[] secret = RandomNumberGenerator.GetBytes(32);

    public string Token(
        string scope,
        string issuer = Issuer,
        string audience = Audience,
        DateTime? expires = null,
        byte[]? signedWith = null,
        string subject = "tester"
    ) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = issuer,
                Audience = audience,
                Expires = expires ?? DateTime.UtcNow.AddMinutes(5),
                Claims = new Dictionary<string, object> { ["sub"] = subject, ["scope"] = scope },
                SigningCredentials = new(new SymmetricSecurityKey(signedWith ?? secret), SecurityAlgorithms.HmacSha256),
            }
        );

    protected override void Customise(WebApplicationBuilder builder) =>
        builder.Configuration.AddInMemoryCollection([
            new("Authentication:Schemes:Bearer:ValidIssuer", Issuer),
            new("Authentication:Schemes:Bearer:ValidAudiences:0", Audience),
            new("Authentication:Schemes:Bearer:SigningKeys:0:Issuer", Issuer),
            new("Authentication:Schemes:Bearer:SigningKeys:0:Value", Convert.ToBase64String(secret)),
        ]);
}
