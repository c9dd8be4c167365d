using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;
using System.Xml.Linq;

namespace Architecture.Tests;

// What dotnet pack makes of the Contracts is all that another feature needs: the sample module builds on the packages instead of the projects.
public sealed class PackagesTests : IDisposable
{
    // One of its own for each run: NuGet keeps what it has seen of a version.
    private readonly string version = $"1.0.0-run{Guid.NewGuid():n}";
    private readonly string folder = Directory.CreateTempSubdirectory("followups-packages-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Configuration => Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/', '\\'));

    [Fact]
    public async Task A_feature_builds_on_the_packages_of_the_contracts()
    {
        foreach (var module in Module.All)
        {
            var project = Path.Combine(Module.Root, "src", "Modules", module.Name, $"{module.Name}.Contracts");
            await DotnetAsync("pack", project, "--no-build", "-o", folder, $"-p:Version={version}");
            Inspect($"{module.Name}.Contracts");
        }

        await DotnetAsync(
            "build",
            Path.Combine(Module.Root, "tests", "Catering"),
            "-p:Contracts=package",
            $"-p:ContractsVersion={version}",
            $"-p:RestoreAdditionalProjectSources={folder}",
            $"-p:RestorePackagesPath={Path.Combine(folder, "packages")}",
            $"-p:RestoreFallbackFolders={Packages}",
            $"-p:ArtifactsPath={Path.Combine(folder, "artifacts")}",
            "-p:NuGetAudit=false"
        );

        var assets = JsonElement.Parse(
            await File.ReadAllBytesAsync(
                Path.Combine(folder, "artifacts", "obj", "Catering", "project.assets.json"),
                Token
            )
        );
        Assert.All(
            Module.All,
            module =>
                Assert.Equal(
                    "package",
                    assets
                        .GetProperty("libraries")
                        .GetProperty($"{module.Name}.Contracts/{version}")
                        .GetProperty("type")
                        .GetString()
                )
        );
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static string Packages =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private void Inspect(string id)
    {
        using var package = ZipFile.OpenRead(Path.Combine(folder, $"{id}.{version}.nupkg"));
        var files = package.Entries.Select(entry => entry.FullName).ToList();
        Assert.Contains($"lib/net10.0/{id}.dll", files);
        Assert.Contains($"lib/net10.0/{id}.xml", files);
        Assert.True(package.GetEntry("README.md")?.Length > 200);

        using var text = package.GetEntry($"{id}.nuspec")!.Open();
        var said = XDocument.Load(text).Descendants().ToLookup(element => element.Name.LocalName);
        Assert.Equal("README.md", said["readme"].Single().Value);
        Assert.Equal("Apache-2.0", said["license"].Single().Value);
        Assert.NotEmpty(said["authors"].Single().Value);
        Assert.StartsWith(id, said["description"].Single().Value, StringComparison.Ordinal);
        Assert.Equal(
            [("MediatR.Contracts", "2.0.1")],
            said["dependency"].Select(one => (one.Attribute("id")!.Value, one.Attribute("version")!.Value))
        );
    }

    private static async Task DotnetAsync(string verb, params string[] arguments)
    {
        using var run = Process.Start(
            new ProcessStartInfo(
                "dotnet",
                [
                    verb,
                    .. arguments,
                    "-c",
                    Configuration,
                    "-v",
                    "q",
                    "-nodeReuse:false",
                    "-p:UseSharedCompilation=false",
                ]
            )
            {
                RedirectStandardOutput = true,
            }
        )!;
        var said = await run.StandardOutput.ReadToEndAsync(Token);
        await run.WaitForExitAsync(Token);
        Assert.True(run.ExitCode == 0, said);
    }
}
