using System.Reflection;
using System.Runtime.CompilerServices;

namespace Architecture.Tests;

// A module as it lies in src/Modules: found by its folder, so that a new one is under the rules from its first day.
internal sealed record Module(string Name)
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Here(), "..", ".."));

    public static IReadOnlyList<Module> All { get; } =
    [
        .. Directory
            .EnumerateDirectories(Path.Combine(Root, "src", "Modules"))
            .Select(folder => new Module(Path.GetFileName(folder)))
            .OrderBy(module => module.Name, StringComparer.Ordinal),
    ];

    public Assembly Assembly => Assembly.Load(Name);

    public Assembly Contracts => Assembly.Load($"{Name}.Contracts");

    public string Folder => Path.Combine(Root, "src", "Modules", Name, Name);

    public string Features => Path.Combine(Folder, "Features");

    public string Tests => Path.Combine(Root, "tests", $"{Name}.Tests");

    // The schema that its DbContext names.
    public string Schema =>
        Assembly
            .GetTypes()
            .Single(type => type.Name == $"{Name}DbContext")
            .GetField("Schema")!
            .GetRawConstantValue()!
            .ToString()!;

    public IReadOnlyList<SourceFile> Sources => SourceFile.Under(Folder);

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
