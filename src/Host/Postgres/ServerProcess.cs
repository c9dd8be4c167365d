using System.ComponentModel;
using System.Diagnostics;

namespace Host.Postgres;

// Runs PostgreSQL's programs; as another account where one is named, since PostgreSQL refuses to run as root.
internal static class ServerProcess
{
    private static readonly TimeSpan PatienceWithMore = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PatienceWithAny = TimeSpan.FromSeconds(3);

    public static async Task<(int Exit, string Output)> RunAsync(
        string program,
        IEnumerable<string> arguments,
        ServerAccount? account,
        CancellationToken cancellationToken
    )
    {
        string[] words =
            account is null ? [program, .. arguments]
            : OperatingSystem.IsLinux()
                ?
                [
                    "setpriv",
                    $"--reuid={account.User}",
                    $"--regid={account.Group}",
                    "--clear-groups",
                    "--",
                    program,
                    .. arguments,
                ]
            : ["sudo", "-n", "-u", $"#{account.User}", "-g", $"#{account.Group}", "--", program, .. arguments];
        var start = new ProcessStartInfo
        {
            FileName = words[0],
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Path.GetTempPath(),
        };
        start.Environment["LC_ALL"] = "C";
        foreach (var word in words.Skip(1))
        {
            start.ArgumentList.Add(word);
        }

        using var process = Start(start);
        var output = new System.Text.StringBuilder();
        var open = 2;
        void Keep(object _, DataReceivedEventArgs line)
        {
            lock (output)
            {
                if (line.Data is null)
                {
                    open--;
                }
                else
                {
                    output.AppendLine(line.Data);
                }
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

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception problem)
        {
            throw new EmbeddedPostgresException(
                $"The program {start.FileName}, which the embedded PostgreSQL needs, cannot be started ({problem.Message}). "
                    + "Install it, start the service as an ordinary user, or set ConnectionStrings:Postgres to a server of your own."
            );
        }
    }
}
