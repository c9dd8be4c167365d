using System.Runtime.CompilerServices;

namespace Host.Tests;

internal static class Readme
{
    public static string Text { get; } =
        File.ReadAllText(Path.GetFullPath(Path.Combine(Here(), "..", "..", "README.md")));

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
