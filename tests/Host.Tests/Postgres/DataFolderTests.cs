using System.Runtime.Versioning;
using Host.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace Host.Tests.Postgres;

// What keeps a server from being made or started, told so that its reader knows what to do. The server's programs are scripts here.
[UnsupportedOSPlatform("windows")]
public sealed class DataFolderTests : IDisposable
{
    private readonly string parent = Path.Combine(Path.GetTempPath(), $"followups-folder-{Guid.NewGuid():n}");

    public DataFolderTests() => Directory.CreateDirectory(parent);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Folder_that_cannot_be_one_is_told()
    {
        var file = Path.Combine(parent, "file");
        await File.WriteAllTextAsync(file, "", Token);

        var problem = await StartAsync(Path.Combine(file, "folder"));

        Assert.Contains($"The folder {file}/folder cannot be used", problem, StringComparison.Ordinal);
        Assert.Contains("Set EmbeddedPostgres:DataFolder", problem, StringComparison.Ordinal);
    }

    // Root may enter any folder; the account that its server runs as may not.
    [Fact]
    public async Task Folder_that_may_not_be_entered_is_told()
    {
        File.SetUnixFileMode(parent, Environment.IsPrivilegedProcess ? UnixFileMode.UserExecute : UnixFileMode.None);

        var problem = await StartAsync(Path.Combine(parent, "folder"));

        Assert.Matches($"{parent}/folder cannot be written|cannot reach {parent}/folder", problem);
        Assert.Contains("EmbeddedPostgres:DataFolder", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Full_disk_is_told_and_leaves_nothing_that_looks_like_data()
    {
        var programs = Programs(
            "17.2",
            "echo 'initdb: error: could not write to file: No space left on device' >&2; exit 1"
        );

        var problem = await StartAsync(Path.Combine(parent, "folder"), programs);

        Assert.StartsWith($"The disk that holds {parent}/folder is full.", problem, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(parent, "folder", "data")));
    }

    [Theory]
    [InlineData("14.9")]
    [InlineData("19beta1")]
    public async Task Programs_of_a_version_not_supported_are_refused(string version)
    {
        var problem = await StartAsync(Path.Combine(parent, "folder"), Programs(version, "exit 1"));

        Assert.StartsWith(
            $"PostgreSQL 15 to 18 is needed; found: {version[..2]} in {parent}/programs.",
            problem,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("14", "was made by PostgreSQL 14; 15 to 18 are supported")]
    [InlineData("16", "was made by PostgreSQL 16; found: 17 in")]
    public async Task Data_of_another_version_is_told(string version, string words)
    {
        var folder = Path.Combine(parent, "folder");
        Directory.CreateDirectory(Path.Combine(folder, "data"));
        await File.WriteAllTextAsync(Path.Combine(folder, "data", "PG_VERSION"), $"{version}\n", Token);

        Assert.Contains(words, await StartAsync(folder, Programs("17.2", "exit 1")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Account_that_does_not_exist_is_told_where_one_is_needed()
    {
        var options = new EmbeddedPostgresOptions { User = "no-such-account" };

        var problem = await Record.ExceptionAsync(() => ServerAccount.FindAsync(options, parent, Token));

        Assert.Equal(Environment.IsPrivilegedProcess, problem is EmbeddedPostgresException);
    }

    private static async Task<string> StartAsync(string folder, string? programs = null)
    {
        var options = new EmbeddedPostgresOptions { DataFolder = folder, Binaries = programs };
        var problem = await Assert.ThrowsAsync<EmbeddedPostgresException>(() =>
            EmbeddedPostgres.StartAsync(options, NullLogger.Instance, Token)
        );
        return problem.Message;
    }

    private string Programs(string version, string initdb)
    {
        var folder = Path.Combine(parent, "programs");
        Directory.CreateDirectory(folder);
        Script("pg_ctl", $"echo 'pg_ctl (PostgreSQL) {version}'");
        Script("initdb", initdb);
        return folder;

        void Script(string name, string line)
        {
            var file = Path.Combine(folder, name);
            File.WriteAllText(file, $"#!/bin/sh\n{line}\n");
            File.SetUnixFileMode(
                file,
                UnixFileMode.UserRead
                    | UnixFileMode.UserWrite
                    | UnixFileMode.UserExecute
                    | UnixFileMode.OtherRead
                    | UnixFileMode.OtherExecute
            );
        }
    }

    public void Dispose()
    {
        File.SetUnixFileMode(parent, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.Delete(parent, recursive: true);
    }
}
