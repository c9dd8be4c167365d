using System.Text.RegularExpressions;

namespace Architecture.Tests;

// A file of C#, its comments taken out.
internal sealed partial record SourceFile(string Path, string Text)
{
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    public IEnumerable<string> DeclaredTypes => Declaration().Matches(Text).Select(match => match.Groups[1].Value);

    public static IReadOnlyList<SourceFile> Under(string folder) =>
        [
            .. Directory
                .EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .Select(file => new SourceFile(
                    System.IO.Path.GetRelativePath(folder, file),
                    Comment().Replace(File.ReadAllText(file), "")
                )),
        ];

    public bool Mentions(string word) => Regex.IsMatch(Text, $@"\b{Regex.Escape(word)}\b");

    [GeneratedRegex(@"\b(?:class|record struct|record|struct|enum|interface) ([A-Z]\w*)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();
}
