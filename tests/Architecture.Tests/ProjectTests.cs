using System.Xml.Linq;

namespace Architecture.Tests;

public sealed class ProjectTests
{
    [Fact]
    public void A_project_references_what_the_table_of_rooms_allows()
    {
        var projects = ((string[])["src", "tests"])
            .SelectMany(folder =>
                Directory.EnumerateFiles(Path.Combine(Module.Root, folder), "*.csproj", SearchOption.AllDirectories)
            )
            .Selected("projects");

        Rule.Holds(
            projects.SelectMany(file =>
                ProjectRules.Violations(Path.GetFileNameWithoutExtension(file), XDocument.Load(file))
            )
        );
        Assert.Empty(ProjectRules.Rooms.Keys.Except(projects.Select(Path.GetFileNameWithoutExtension)));
    }

    [Theory]
    [InlineData("Conversations", "ProjectReference", "../FollowUps/FollowUps.csproj", "references FollowUps.")]
    [InlineData("Conversations", "InternalsVisibleTo", "Host", "shows its internals to Host.")]
    [InlineData("FollowUps.Contracts", "PackageReference", "Npgsql", "references Npgsql.")]
    [InlineData("Common", "ProjectReference", "../Host/Host.csproj", "is not in the table of rooms.")]
    public void What_the_table_does_not_allow_is_found(string project, string item, string include, string words) =>
        Rule.Finds(
            $"{project} {words}",
            ProjectRules.Violations(project, XDocument.Parse($"""<Project><{item} Include="{include}" /></Project>"""))
        );
}
