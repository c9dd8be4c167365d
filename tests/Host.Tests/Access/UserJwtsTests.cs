using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Testing;

namespace Host.Tests.Access;

// A developer's token: dotnet user-jwts writes the issuer and the audience into appsettings.Development.json, and the key into the user's secrets.
public sealed class UserJwtsTests(UserJwtsTests.DevelopersHost host) : IClassFixture<UserJwtsTests.DevelopersHost>
{
    [Theory]
    [InlineData("/api/v1/conversations", HttpStatusCode.OK)]
    [InlineData("/api/v1/follow-ups", HttpStatusCode.OK)]
    [InlineData("/api/v1/users/anna/export", HttpStatusCode.Forbidden)]
    public async Task Its_scopes_open_what_they_name(string path, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", host.Token);
        using var answer = await host.Http.SendAsync(request, TestContext.Current.CancellationToken);
        using var stranger = await host.Http.GetAsync(path, TestContext.Current.CancellationToken);

        Assert.Equal((status, HttpStatusCode.Unauthorized), (answer.StatusCode, stranger.StatusCode));
    }

    public sealed class DevelopersHost : HostFixture
    {
        private readonly string folder = Directory.CreateTempSubdirectory("followups-jwts-").FullName;

        public string Token { get; private set; } = "";

        protected override void Customise(WebApplicationBuilder builder)
        {
            File.WriteAllText(
                Path.Combine(folder, "Host.csproj"),
                """
                <Project Sdk="Microsoft.NET.Sdk.Web">
                  <PropertyGroup><TargetFramework>net10.0</TargetFramework><UserSecretsId>host</UserSecretsId></PropertyGroup>
                </Project>
                """
            );
            File.WriteAllText(Path.Combine(folder, "appsettings.Development.json"), "{}");
            Token = CreateToken();
            builder
                .Configuration.AddJsonFile(Path.Combine(folder, "appsettings.Development.json"))
                .AddJsonFile(Directory.GetFiles(folder, "secrets.json", SearchOption.AllDirectories).Single());
        }

        public override async ValueTask DisposeAsync()
        {
            GC.SuppressFinalize(this);
            await base.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }

        private string CreateToken()
        {
            using var tool = Process.Start(
                new ProcessStartInfo(
                    "dotnet",
                    [
                        .. "user-jwts create --audience followups --scope conversations.read --scope followups.read -o token --project".Split(
                            ' '
                        ),
                        folder,
                    ]
                )
                {
                    RedirectStandardOutput = true,
                    // The secrets of whoever runs the tests stay as they are.
                    Environment = { ["APPDATA"] = folder },
                }
            )!;
            var token = tool.StandardOutput.ReadToEnd().Trim();
            tool.WaitForExit();
            return tool.ExitCode == 0 ? token : throw new InvalidOperationException(token);
        }
    }
}
