using System.Text.RegularExpressions;
using MysticMind.PostgresEmbed;

namespace Host.Postgres;

// A folder of server programs, and the major version they are.
internal sealed partial record PostgresBinaries(string Folder, int Major)
{
    public const int Oldest = 15;
    public const int Newest = 18;

    private const string FetchedVersion = "17";

    public string Program(string name) => Path.Combine(Folder, OperatingSystem.IsWindows() ? $"{name}.exe" : name);

    public static async Task<PostgresBinaries> FindAsync(
        EmbeddedPostgresOptions options,
        int? wanted,
        CancellationToken cancellationToken
    )
    {
        var found = new List<PostgresBinaries>();
        foreach (var folder in options.Binaries is { } given ? [given] : Candidates())
        {
            if (await ProbeAsync(folder, cancellationToken) is { } binaries)
            {
                found.Add(binaries);
            }
        }

        var fit = found
            .Where(b => b.Major is >= Oldest and <= Newest && (wanted is null || b.Major == wanted))
            .MaxBy(b => b.Major);
        if (fit is not null)
        {
            return fit;
        }

        if (wanted is not null)
        {
            throw new EmbeddedPostgresException(
                $"The data in {options.DataFolder} was made by PostgreSQL {wanted}, which is not on this machine (found: {Named(found)}). "
                    + "Install that version, or move the folder away to begin anew."
            );
        }

        if (options.Binaries is not null || found.Count > 0)
        {
            throw new EmbeddedPostgresException(
                $"PostgreSQL {Oldest} to {Newest} is needed; found: {Named(found)}{(options.Binaries is { } at ? $" in {at}" : "")}. "
                    + "Install one of them, or set ConnectionStrings:Postgres to a server of your own."
            );
        }

        return await FetchAsync(options, cancellationToken);
    }

    private static string Named(List<PostgresBinaries> found) =>
        found.Count == 0 ? "none" : string.Join(", ", found.Select(b => b.Major).Distinct().Order());

    private static IEnumerable<string> Candidates()
    {
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
        {
            yield return folder;
        }

        string[] roots =
        [
            "/usr/lib/postgresql",
            "/opt/homebrew/opt",
            "/usr/local/opt",
            Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PostgreSQL"),
        ];
        foreach (var root in roots.Where(Directory.Exists))
        {
            foreach (var installed in Directory.EnumerateDirectories(root))
            {
                yield return Path.Combine(installed, "bin");
            }
        }
    }

    private static async Task<PostgresBinaries?> ProbeAsync(string folder, CancellationToken cancellationToken)
    {
        var candidate = new PostgresBinaries(folder, 0);
        if (!File.Exists(candidate.Program("pg_ctl")) || !File.Exists(candidate.Program("initdb")))
        {
            return null;
        }

        var (exit, output) = await ServerProcess.RunAsync(
            candidate.Program("pg_ctl"),
            ["--version"],
            null,
            cancellationToken
        );
        return exit == 0 && MajorVersion().Match(output) is { Success: true } match
            ? candidate with
            {
                Major = int.Parse(match.Groups[1].Value, null),
            }
            : null;
    }

    private static async Task<PostgresBinaries> FetchAsync(
        EmbeddedPostgresOptions options,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var cache = Path.Combine(options.DataFolder, "binaries");
            var server = new PgServerOptions
            {
                PgVersion = FetchedVersion,
                BinariesDir = cache,
                DownloadRetryCount = 1,
            };
            await using var fetched = new PgServer(
                options.MavenRepository is { } repository ? server with { MavenRepo = repository } : server
            );
            await fetched.InstallAsync(cancellationToken);

            var program = Directory
                .EnumerateFiles(
                    cache,
                    OperatingSystem.IsWindows() ? "pg_ctl.exe" : "pg_ctl",
                    SearchOption.AllDirectories
                )
                .First();
            return await ProbeAsync(Path.GetDirectoryName(program)!, cancellationToken)
                ?? throw new InvalidDataException("what was fetched does not run");
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            throw new EmbeddedPostgresException(
                $"No PostgreSQL {Oldest} to {Newest} was found on this machine, and fetching one failed ({problem.Message}). "
                    + "Install it (Debian: apt-get install postgresql), set EmbeddedPostgres:MavenRepository to a repository that can be "
                    + "reached, or set ConnectionStrings:Postgres to a server of your own."
            );
        }
    }

    [GeneratedRegex(@"\(PostgreSQL\) (\d+)")]
    private static partial Regex MajorVersion();
}
