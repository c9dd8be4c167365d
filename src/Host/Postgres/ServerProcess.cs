using System.Diagnostics;

namespace Host.Postgres;

// Runs PostgreSQL's programs; as another account where one is named, since PostgreSQL refuses to run as root.
internal static class ServerProcess
{
    private static readonly TimeSpan PatienceWithMore = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PatienceWithAny = TimeSpan.FromSeconds(3);

    public static string? Account(EmbeddedPostgresOptions options)
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
        {
            return null;
        }

        return options.User
            ?? (
                File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal))
                    ? "postgres"
                    : "nobody"
            );
    }

    public static async Task<(int Exit, string Output)> RunAsync(
        string program,
        IEnumerable<string> arguments,
        string? account,
        CancellationToken cancellationToken
    )
    {
        var start = new ProcessStartInfo
        {
            FileName = account is null ? program : "setpriv",
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Path.GetTempPath(),
        };
        start.Environment["LC_ALL"] = "C";
        if (account is not null)
        {
            string[] drop = [$"--reuid={account}", $"--regid={account}", "--clear-groups", "--", program];
            foreach (var word in account == "nobody" ? [drop[0], "--regid=nogroup", .. drop[2..]] : drop)
            {
                start.ArgumentList.Add(word);
            }
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var output = new System.Text.StringBuilder();
        var open = 2;
        void Keep(object _, DataReceivedEventArgs line)
        {
            lock (output)
            {
                open -= line.Data is null ? 1 : 0;
                output.AppendLine(line.Data);
            }
        }

        bool Awaited(TimeSpan sinceExit)
        {
            // A server that pg_ctl starts inherits the pipes and holds them open: hence not for ever. What the program itself printed has
            // come by then, however busy the machine is.
            lock (output)
            {
                return open > 0 && sinceExit < (output.Length > 0 ? PatienceWithMore : PatienceWithAny);
            }
        }

        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        while (!process.WaitForExit(0))
        {
            await Task.Delay(10, cancellationToken);
        }

        var exited = Stopwatch.GetTimestamp();
        while (Awaited(Stopwatch.GetElapsedTime(exited)))
        {
            await Task.Delay(10, cancellationToken);
        }

        lock (output)
        {
            return (process.ExitCode, output.ToString());
        }
    }
}
