using System.Diagnostics;

namespace Host.Postgres;

// Runs PostgreSQL's programs; as another account where one is named, since PostgreSQL refuses to run as root.
internal static class ServerProcess
{
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
        // A server that pg_ctl starts inherits these pipes and would hold them open: hence output to the end of the program, not of the pipe.
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
        void Keep(object _, DataReceivedEventArgs line)
        {
            lock (output)
            {
                output.AppendLine(line.Data);
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

        process.WaitForExit(200);
        lock (output)
        {
            return (process.ExitCode, output.ToString());
        }
    }
}
