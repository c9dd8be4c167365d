using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace Architecture.Tests;

// Read from the project files: a reference that nothing uses yet leaves no trace in the compiled assembly.
public sealed class ProjectReferencesTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Here(), "..", ".."));

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Conversations.Contracts"] = [],
        ["FollowUps.Contracts"] = [],
        ["Conversations"] = ["Conversations.Contracts"],
        ["FollowUps"] = ["Conversations.Contracts", "FollowUps.Contracts"],
        ["Host"] = ["Conversations", "Conversations.Contracts", "FollowUps", "FollowUps.Contracts"],
        ["Testing"] = ["Conversations.Contracts", "FollowUps.Contracts", "Host"],
        ["Conversations.Tests"] = ["Conversations", "Conversations.Contracts", "Testing"],
        ["FollowUps.Tests"] = ["Conversations.Contracts", "FollowUps", "FollowUps.Contracts", "Testing"],
        ["Host.Tests"] = ["Conversations.Contracts", "FollowUps.Contracts", "Host", "Testing"],
        ["Architecture.Tests"] =
        [
            "Conversations",
            "Conversations.Contracts",
            "FollowUps",
            "FollowUps.Contracts",
            "Host",
        ],
        ["Benchmarks"] = ["Conversations", "Conversations.Contracts", "FollowUps", "FollowUps.Contracts", "Host"],
    };

    public static TheoryData<string> Projects() =>
        [
            .. Directory
                .EnumerateFiles(Root, "*.csproj", SearchOption.AllDirectories)
                .Where(p =>
                    !p.Contains(
                        $"{Path.DirectorySeparatorChar}build{Path.DirectorySeparatorChar}",
                        StringComparison.Ordinal
                    )
                ),
        ];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_references_what_the_table_of_rooms_allows(string file)
    {
        var references = XDocument
            .Load(file)
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value))
            .Order(StringComparer.Ordinal);

        Assert.Equal(Allowed[Path.GetFileNameWithoutExtension(file)], references);
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
