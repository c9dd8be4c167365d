using System.Diagnostics;
using System.Globalization;

namespace Host.Postgres;

// Whoever holds the folder's lock knows that the Host which started this server is gone.
internal static class ServerLeftBehind
{
    // True when there was one. The number in its pid file may have been given to another program since, which must not be harmed.
    public static async Task<bool> StopAsync(
        DataFolder folder,
        PostgresBinaries binaries,
        ServerAccount? account,
        CancellationToken cancellationToken
    )
    {
        if (!File.Exists(folder.ServerPidFile))
        {
            return false;
        }

        var pid = Pid(await File.ReadAllLinesAsync(folder.ServerPidFile, cancellationToken));
        var command = pid is { } number ? await CommandAsync(number, folder, cancellationToken) : "";
        if (!command.Contains("postgres -D ", StringComparison.Ordinal))
        {
            File.Delete(folder.ServerPidFile);
            return false;
        }

        if (!command.Contains($"-D {folder.Cluster} ", StringComparison.Ordinal))
        {
            throw new EmbeddedPostgresException(
                $"{folder.ServerPidFile} names process {pid}, a PostgreSQL server that was started in another way. "
                    + "End that process if it works on this folder; else delete the file."
            );
        }

        foreach (var mode in (string[])["fast", "immediate"])
        {
            var (exit, _) = await ServerProcess.RunAsync(
                binaries.Program("pg_ctl"),
                ["stop", "-D", folder.Cluster, "-m", mode, "-w", "-t", "30"],
                account,
                cancellationToken
            );
            if (exit == 0)
            {
                return true;
            }
        }

        throw new EmbeddedPostgresException(
            $"A killed Host left a PostgreSQL server running on {folder.Root} that does not stop. End process {pid}, then start again."
        );
    }

    private static int? Pid(string[] lines) =>
        lines is [var first, ..] && int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
            ? pid
            : null;

    // What the process was started as; empty when there is none, or none that we may see.
    private static async Task<string> CommandAsync(int pid, DataFolder folder, CancellationToken cancellationToken)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            if (OperatingSystem.IsWindows())
            {
                return process.ProcessName == "postgres" ? $"postgres -D {folder.Cluster} " : "";
            }

            if (OperatingSystem.IsLinux())
            {
                return (await File.ReadAllTextAsync($"/proc/{pid}/cmdline", cancellationToken)).Replace('\0', ' ');
            }

            var (_, command) = await ServerProcess.RunAsync(
                "ps",
                ["-ww", "-o", "command=", "-p", $"{pid}"],
                null,
                cancellationToken
            );
            return command;
        }
        catch (Exception gone) when (gone is ArgumentException or IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
