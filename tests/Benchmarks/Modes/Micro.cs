using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Benchmarks.Micro;

namespace Benchmarks.Modes;

internal static class Micro
{
    // In this process: BenchmarkDotNet's own builds do not know the solution's central package versions.
    public static void Run(string folder) =>
        BenchmarkSwitcher
            .FromTypes([typeof(Accepting), typeof(Statistics), typeof(Wording), typeof(Answering)])
            .RunAll(
                DefaultConfig
                    .Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
                    .AddDiagnoser(MemoryDiagnoser.Default)
                    .WithArtifactsPath(folder)
            );
}
