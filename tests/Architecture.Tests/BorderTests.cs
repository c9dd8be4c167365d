using System.Reflection;
using System.Text.RegularExpressions;

namespace Architecture.Tests;

public sealed class BorderTests
{
    private static readonly Assembly Host = typeof(global::Host.StartException).Assembly;

    [Fact]
    public void A_module_knows_neither_web_nor_scheduler()
    {
        Rule.Holds(Module.All.SelectMany(module => BorderRules.References(module.Name, Referenced(module.Assembly))));
        Rule.Finds("Host refers to Microsoft.AspNetCore", BorderRules.References("Host", Referenced(Host)));
    }

    [Fact]
    public void No_sql_names_the_schema_of_another()
    {
        string[] schemas = [.. Module.All.Select(module => module.Schema)];
        Rule.Holds(
            Module.All.SelectMany(module =>
                BorderRules.Schemas(module.Name, module.Sources, [.. schemas.Where(schema => schema != module.Schema)])
            )
        );
        Rule.Holds(BorderRules.Schemas("Host", [.. HostSources()], schemas));

        foreach (
            var text in (string[])
                [
                    "SELECT 1 FROM theirs.messages",
                    "SELECT 1 FROM \"theirs\".\"messages\"",
                    "table.ToTable(\"messages\", schema: \"theirs\")",
                    "SET search_path = ours, theirs",
                ]
        )
        {
            Rule.Finds("Planted.cs of Ours names", BorderRules.Schemas("Ours", [new("Planted.cs", text)], ["theirs"]));
        }
    }

    [Fact]
    public void The_host_goes_through_doors_and_contracts()
    {
        Rule.Holds(
            Module.All.SelectMany(module =>
                BorderRules.NamedTypes(Host, module.Name, [$"{module.Name}.{module.Name}Module"])
            )
        );
        Rule.Finds(
            "Architecture.Tests names Conversations.ConversationsModule.",
            BorderRules.NamedTypes(typeof(BorderTests).Assembly, "Conversations", [])
        );
    }

    [Fact]
    public void No_module_names_a_type_of_another()
    {
        Rule.Holds(
            from module in Module.All
            from other in Module.All
            where other != module
            from violation in BorderRules.NamedTypes(module.Assembly, other.Name, [])
            select violation
        );
        Assert.Equal(
            typeof(global::Conversations.ConversationsModule).Assembly,
            Module.All.Single(module => module.Name == "Conversations").Assembly
        );
    }

    // The Host's instruments bear names such as "followups.duration": whole literals, which no SQL is.
    private static IEnumerable<SourceFile> HostSources() =>
        SourceFile
            .Under(Path.Combine(Module.Root, "src", "Host"))
            .Select(file => file with { Text = Regex.Replace(file.Text, """ "[a-z]+(\.[a-z_]+)+" """.Trim(), "") });

    private static IEnumerable<string> Referenced(Assembly assembly) =>
        assembly.GetReferencedAssemblies().Select(reference => reference.Name!);
}
