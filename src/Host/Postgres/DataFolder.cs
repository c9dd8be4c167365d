using System.Globalization;
using System.Security.Cryptography;

namespace Host.Postgres;

// The folder of one embedded server: its data, its password and the lock of the Host that owns it.
internal sealed class DataFolder : IDisposable
{
    private readonly FileStream ownership;

    private DataFolder(string root, FileStream ownership) => (Root, this.ownership) = (root, ownership);

    public string Root { get; }

    public string Cluster => Path.Combine(Root, "data");

    public string Log => Path.Combine(Root, "postgres.log");

    private string PasswordFile => Path.Combine(Root, "password");

    public string Password => File.ReadAllText(PasswordFile).Trim();

    public int? Major =>
        Path.Combine(Cluster, "PG_VERSION") is var file && File.Exists(file)
            ? int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture)
            : null;

    public static DataFolder Take(string path)
    {
        var root = Path.GetFullPath(path);
        var lockFile = Path.Combine(root, "host.lock");
        var owned = false;
        try
        {
            Directory.CreateDirectory(root);
            owned = File.Exists(lockFile);
            var ownership = new FileStream(lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            ownership.SetLength(0);
            File.WriteAllText(
                Path.Combine(root, "host.pid"),
                Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
            );
            return new DataFolder(root, ownership);
        }
        catch (UnauthorizedAccessException)
        {
            throw new EmbeddedPostgresException(
                $"The folder {root} cannot be written by this account. Give it to the account, or set EmbeddedPostgres:DataFolder to another one."
            );
        }
        catch (IOException problem) when (IsFull(problem.Message))
        {
            throw Full(root);
        }
        catch (IOException) when (owned)
        {
            var pidFile = Path.Combine(root, "host.pid");
            var pid = File.Exists(pidFile) ? File.ReadAllText(pidFile) : "unknown";
            throw new EmbeddedPostgresException(
                $"Another Host (process {pid}) already runs on {root}. Stop it, or set EmbeddedPostgres:DataFolder to another folder."
            );
        }
        catch (IOException problem)
        {
            throw new EmbeddedPostgresException(
                $"The folder {root} cannot be used ({problem.Message}). Set EmbeddedPostgres:DataFolder to a folder that can."
            );
        }
    }

    public async Task HandOverAsync(string? account, CancellationToken cancellationToken)
    {
        if (account is null)
        {
            return;
        }

        var (exit, output) = await ServerProcess.RunAsync("/bin/chown", [account, Root], null, cancellationToken);
        if (exit == 0)
        {
            (exit, output) = await ServerProcess.RunAsync("/usr/bin/test", ["-w", Root], account, cancellationToken);
        }

        if (exit != 0)
        {
            throw new EmbeddedPostgresException(
                $"PostgreSQL does not run as root, and the account {account} cannot reach {Root} {output.Trim()}. "
                    + "Set EmbeddedPostgres:DataFolder to a folder whose parents everyone may enter, or EmbeddedPostgres:User to another account."
            );
        }
    }

    // Made aside and moved in one step: an interrupted attempt leaves nothing that looks like a cluster.
    public async Task MakeClusterAsync(PostgresBinaries binaries, string? account, CancellationToken cancellationToken)
    {
        var making = Path.Combine(Root, "data.making");
        if (Directory.Exists(making))
        {
            Directory.Delete(making, recursive: true);
        }

        await File.WriteAllTextAsync(
            PasswordFile,
            Convert.ToHexString(RandomNumberGenerator.GetBytes(24)),
            cancellationToken
        );
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(PasswordFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        if (account is not null)
        {
            await ServerProcess.RunAsync("/bin/chown", [account, PasswordFile], null, cancellationToken);
        }

        string[] arguments =
        [
            $"--pgdata={making}",
            "--username=postgres",
            $"--pwfile={PasswordFile}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            // Text sorts by bytes, and upper and lower case are told beyond ASCII, which searching needs. Only Linux is sure to know it.
            OperatingSystem.IsLinux()
                ? "--lc-ctype=C.UTF-8"
                : "--lc-ctype=C",
            "--no-instructions",
        ];
        var (exit, output) = await ServerProcess.RunAsync(
            binaries.Program("initdb"),
            arguments,
            account,
            cancellationToken
        );
        if (exit != 0)
        {
            throw IsFull(output)
                ? Full(Root)
                : new EmbeddedPostgresException($"PostgreSQL could not make its data in {Root}: {output.Trim()}");
        }

        Directory.Move(making, Cluster);
    }

    public static bool IsFull(string output) =>
        output.Contains("No space left on device", StringComparison.OrdinalIgnoreCase);

    public static EmbeddedPostgresException Full(string root) =>
        new(
            $"The disk that holds {root} is full. Make room (a new server needs about 100 MB), or set EmbeddedPostgres:DataFolder to another disk."
        );

    public void Dispose() => ownership.Dispose();
}
