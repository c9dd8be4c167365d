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

    public string ServerPidFile => Path.Combine(Cluster, "postmaster.pid");

    public string Password =>
        File.Exists(PasswordFile)
            ? File.ReadAllText(PasswordFile).Trim()
            : throw new EmbeddedPostgresException(
                $"The data in {Root} is there, but {PasswordFile} with its password is not. Bring it back, or move the folder away to begin anew."
            );

    public int? Major =>
        Path.Combine(Cluster, "PG_VERSION") is var file && File.Exists(file)
            ? int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture)
            : null;

    private string PasswordFile => Path.Combine(Root, "password");

    private string LockFile => Path.Combine(Root, "host.lock");

    private string PidFile => Path.Combine(Root, "host.pid");

    public static DataFolder Take(string path)
    {
        var root = Path.GetFullPath(path);
        var lockFile = Path.Combine(root, "host.lock");
        var pidFile = Path.Combine(root, "host.pid");
        var owned = false;
        try
        {
            if (!Directory.Exists(root))
            {
                Directory.CreateDirectory(root);
                if (!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess)
                {
                    // Whatever root's umask is: the account of the server has to enter.
                    File.SetUnixFileMode(
                        root,
                        UnixFileMode.UserRead
                            | UnixFileMode.UserWrite
                            | UnixFileMode.UserExecute
                            | UnixFileMode.GroupRead
                            | UnixFileMode.GroupExecute
                            | UnixFileMode.OtherRead
                            | UnixFileMode.OtherExecute
                    );
                }
            }

            owned = File.Exists(lockFile);
            var ownership = new FileStream(lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            try
            {
                File.WriteAllText(pidFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            }
            catch
            {
                ownership.Dispose();
                throw;
            }

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

    // Port and password of the server that its own pid file tells of, running or not: the fourth line is its port.
    public static (int Port, string Password)? FindServer(string path)
    {
        var pidFile = Path.Combine(path, "data", "postmaster.pid");
        var passwordFile = Path.Combine(path, "password");
        return
            File.Exists(pidFile)
            && File.Exists(passwordFile)
            && File.ReadAllLines(pidFile) is [_, _, _, var line, ..]
            && int.TryParse(line, CultureInfo.InvariantCulture, out var port)
            ? (port, File.ReadAllText(passwordFile).Trim())
            : null;
    }

    // The lock and the log too: the account may be an ordinary user who starts the service next.
    public async Task HandOverAsync(ServerAccount? account, CancellationToken cancellationToken)
    {
        if (account is null)
        {
            return;
        }

        await File.AppendAllTextAsync(Log, "", cancellationToken);
        string[] files = [LockFile, PidFile, Log];
        await account.OwnAsync(File.Exists(PasswordFile) ? [.. files, PasswordFile] : files, cancellationToken);
        if (await ServerAccount.IsOfRootAsync(Cluster, cancellationToken))
        {
            // Root has copied it back from somewhere.
            await account.OwnAsync(["-R", Cluster], cancellationToken);
        }

        var (exit, output) = await ServerProcess.RunAsync("test", ["-x", Root], account, cancellationToken);
        if (exit != 0)
        {
            throw new EmbeddedPostgresException(
                $"PostgreSQL does not run as root, and the account that it runs as (user id {account.User}) cannot reach {Root} {output.Trim()}. "
                    + "Set EmbeddedPostgres:DataFolder to a folder whose parents everyone may enter, or EmbeddedPostgres:User to another account."
            );
        }
    }

    // Made aside and moved in one step: an interrupted attempt leaves nothing that looks like a cluster.
    public async Task MakeClusterAsync(
        PostgresBinaries binaries,
        ServerAccount? account,
        CancellationToken cancellationToken
    )
    {
        var making = Path.Combine(Root, "data.making");
        if (Directory.Exists(making))
        {
            Directory.Delete(making, recursive: true);
        }

        Directory.CreateDirectory(making);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        File.Delete(PasswordFile);
        await using (var password = new StreamWriter(PasswordFile, options))
        {
            await password.WriteAsync(Convert.ToHexString(RandomNumberGenerator.GetBytes(24)));
        }

        if (account is not null)
        {
            await account.OwnAsync([making, PasswordFile], cancellationToken);
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
        output.Contains("No space left on device", StringComparison.OrdinalIgnoreCase)
        || output.Contains("not enough space on the disk", StringComparison.OrdinalIgnoreCase);

    public static EmbeddedPostgresException Full(string root) =>
        new(
            $"The disk that holds {root} is full. Make room (a new server needs about 100 MB), or set EmbeddedPostgres:DataFolder to another disk."
        );

    public void Dispose() => ownership.Dispose();
}
