using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Testing;

namespace Host.Tests.OpenApi;

// The client that is generated from the committed document, in TypeScript: compiled, and run against a Host that lets no stranger in.
public sealed class ClientTests(ClosedHostFixture host) : IClassFixture<ClosedHostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Generated_client_does_the_main_job()
    {
        var (code, said, errors) = await RunAsync(host.Token("conversations.write followups.read followups.write"));

        Assert.True(code == 0, errors);
        var told = JsonElement.Parse(said);
        Assert.Equal(
            """
            {"mood":0.9,"due":"2031-11-06T18:00:00Z","outcomes":["scheduled","duplicate"],"sent":"The menu is ready.","edits":[200,412],"wrong":["eventAt"]}
            """,
            told.GetRawText()
        );
    }

    [Fact]
    public async Task Generated_client_hears_why_it_is_refused()
    {
        var (code, _, errors) = await RunAsync(host.Token("conversations.read"));

        Assert.NotEqual(0, code);
        Assert.Contains("403 Forbidden The key or token lacks the scope", errors, StringComparison.Ordinal);
    }

    // What build/test has installed there.
    private async Task<(int Code, string Said, string Errors)> RunAsync(string token)
    {
        using var npm = Process.Start(
            new ProcessStartInfo(
                "npm",
                ["run", "--silent", "main-job", "--prefix", Folder(), "--", host.Http.BaseAddress!.ToString(), token]
            )
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var errors = npm.StandardError.ReadToEndAsync(Token);
        var said = await npm.StandardOutput.ReadToEndAsync(Token);
        await npm.WaitForExitAsync(Token);
        return (npm.ExitCode, said, $"{await errors}\n(npm ci --prefix build/openapi installs what it needs.)");
    }

    private static string Folder([CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "../../../build/openapi"));
}
