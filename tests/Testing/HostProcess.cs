using System.Collections.Concurrent;
using System.Diagnostics;

namespace Testing;

// The program as its user starts it.
public sealed class HostProcess : IDisposable
{
    private readonly ConcurrentQueue<string> said = new();
    private readonly Process process;

    private HostProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => said.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => said.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public bool HasExited => process.HasExited;

    public string Said => string.Join('\n', said);

    public static HostProcess Start(params (string Name, string Value)[] settings) => Start([], settings);

    public static HostProcess Start(string[] arguments, params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Host.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["ASPNETCORE_URLS"] = "http://127.0.0.1:0", ["DOTNET_ENVIRONMENT"] = "Production" },
        };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return new HostProcess(Process.Start(start)!);
    }

    public async Task UntilItSaysAsync(string words, CancellationToken cancellationToken)
    {
        while (!Said.Contains(words, StringComparison.Ordinal))
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException(Said);
            }

            await Task.Delay(20, cancellationToken);
        }
    }

    public async Task<int> ExitAsync(CancellationToken cancellationToken)
    {
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode;
    }

    // As a supervisor asks it to stop.
    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        kill.WaitForExit();
    }

    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            Kill();
        }

        process.Dispose();
    }
}
