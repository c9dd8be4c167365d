using System.Xml.Linq;

namespace Architecture.Tests;

// The table of rooms: read from the project files, since a reference that nothing uses yet leaves no trace in the compiled assembly.
internal static class ProjectRules
{
    public static readonly IReadOnlyDictionary<string, string[]> Rooms = new Dictionary<string, string[]>
    {
        ["Conversations.Contracts"] = [],
        ["FollowUps.Contracts"] = [],
        ["Conversations"] = ["Conversations.Contracts"],
        ["FollowUps"] = ["Conversations.Contracts", "FollowUps.Contracts"],
        ["Host"] = ["Conversations", "Conversations.Contracts", "FollowUps", "FollowUps.Contracts"],
        ["Testing"] = ["Conversations.Contracts", "FollowUps.Contracts", "Host"],
        ["Conversations.Tests"] = ["Conversations", "Conversations.Contracts", "Testing"],
        ["FollowUps.Tests"] = ["Conversations.Contracts", "FollowUps", "FollowUps.Contracts", "Testing"],
        ["Catering"] = ["Conversations.Contracts", "FollowUps.Contracts"],
        ["Host.Tests"] = ["Catering", "Conversations.Contracts", "FollowUps.Contracts", "Host", "Testing"],
        ["Architecture.Tests"] =
        [
            "Conversations",
            "Conversations.Contracts",
            "FollowUps",
            "FollowUps.Contracts",
            "Host",
            "Testing",
        ],
        ["Benchmarks"] =
        [
            "Conversations",
            "Conversations.Contracts",
            "FollowUps",
            "FollowUps.Contracts",
            "Host",
            "Testing",
        ],
    };

    private static readonly Dictionary<string, string[]> Friends = new()
    {
        ["Conversations"] = ["Conversations.Tests", "Benchmarks"],
        ["FollowUps"] = ["FollowUps.Tests", "Benchmarks"],
        ["Host"] = ["Testing", "Host.Tests", "Architecture.Tests", "Benchmarks"],
    };

    public static IEnumerable<string> Violations(string project, XDocument file)
    {
        if (!Rooms.TryGetValue(project, out var allowed))
        {
            yield return $"{project} is not in the table of rooms. Add it there with what it may reference.";
            yield break;
        }

        foreach (var reference in Names(file, "ProjectReference").Except(allowed))
        {
            yield return $"{project} references {reference}. Take that out; it may reference {List(allowed)}.";
        }

        foreach (var friend in Names(file, "InternalsVisibleTo").Except(Friends.GetValueOrDefault(project, [])))
        {
            yield return $"{project} shows its internals to {friend}. Take that out: go through its Contracts.";
        }

        if (project.EndsWith(".Contracts", StringComparison.Ordinal))
        {
            foreach (var package in Names(file, "PackageReference").Concat(Names(file, "FrameworkReference")))
            {
                yield return $"{project} references {package}. Contracts know MediatR.Contracts alone.";
            }
        }
    }

    private static string List(string[] names) => names.Length == 0 ? "no project" : string.Join(", ", names);

    private static IEnumerable<string> Names(XDocument file, string item) =>
        file.Descendants(item)
            .Select(reference => reference.Attribute("Include")!.Value)
            .Select(include =>
                include.EndsWith(".csproj", StringComparison.Ordinal)
                    ? Path.GetFileNameWithoutExtension(include.Replace('\\', '/'))
                    : include
            );
}
