using System.Globalization;
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
        foreach (var folder in options.Binaries is { } given ? [given] : Candidates().Concat(Fetched(options)))
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

        if (wanted is < Oldest or > Newest)
        {
            throw new EmbeddedPostgresException(
                $"The data in {options.DataFolder} was made by PostgreSQL {wanted}; {Oldest} to {Newest} are supported. "
                    + "Move the folder away to begin anew, or set ConnectionStrings:Postgres to a server of your own."
            );
        }

        if (options.Binaries is { } at)
        {
            throw new EmbeddedPostgresException(
                wanted is null
                    ? $"PostgreSQL {Oldest} to {Newest} is needed; found: {Named(found)} in {at}. Set EmbeddedPostgres:Binaries to the bin folder of one of them, or not at all."
                    : $"The data in {options.DataFolder} was made by PostgreSQL {wanted}; found: {Named(found)} in {at}. Set EmbeddedPostgres:Binaries to that version, or not at all."
            );
        }

        return await FetchAsync(options, wanted, Named(found), cancellationToken);
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

    private static string Cache(EmbeddedPostgresOptions options) =>
        Path.Combine(Path.GetFullPath(options.DataFolder), "binaries");

    private static IEnumerable<string> Fetched(EmbeddedPostgresOptions options) =>
        Directory.Exists(Cache(options))
            ? Directory
                .EnumerateFiles(
                    Cache(options),
                    OperatingSystem.IsWindows() ? "pg_ctl.exe" : "pg_ctl",
                    SearchOption.AllDirectories
                )
                .Select(program => Path.GetDirectoryName(program)!)
            : [];

    private static async Task<PostgresBinaries> FetchAsync(
        EmbeddedPostgresOptions options,
        int? wanted,
        string found,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var server = new PgServerOptions
            {
                PgVersion = wanted?.ToString(CultureInfo.InvariantCulture) ?? FetchedVersion,
                BinariesDir = Cache(options),
                DownloadRetryCount = 1,
            };
            await using var fetched = new PgServer(
                options.MavenRepository is { } repository ? server with { MavenRepo = repository } : server
            );
            await fetched.InstallAsync(cancellationToken);

            foreach (var folder in Fetched(options))
            {
                if (await ProbeAsync(folder, cancellationToken) is { } binaries)
                {
                    return binaries;
                }
            }

            throw new InvalidDataException("what was fetched does not run");
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            throw new EmbeddedPostgresException(
                (
                    wanted is null
                        ? $"No PostgreSQL {Oldest} to {Newest} was found on this machine (found: {found})"
                        : $"The data in {options.DataFolder} was made by PostgreSQL {wanted}, which is not on this machine (found: {found})"
                )
                    + $", and fetching it failed ({problem.Message}). Install it (Debian: apt-get install postgresql{(wanted is null ? "" : $"-{wanted}")}), "
                    + "set EmbeddedPostgres:MavenRepository to a repository that can be reached, or set ConnectionStrings:Postgres to a server of your own."
            );
        }
    }

    [GeneratedRegex(@"\(PostgreSQL\) (\d+)")]
    private static partial Regex MajorVersion();
}
