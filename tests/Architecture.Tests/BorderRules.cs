using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;

namespace Architecture.Tests;

// What a module may touch, and what may touch a module.
internal static class BorderRules
{
    private static readonly string[] HostsOwn = ["Microsoft.AspNetCore", "Quartz", "TickerQ", "Hangfire"];

    public static IEnumerable<string> References(string module, IEnumerable<string> references) =>
        from reference in references.Selected("references")
        where HostsOwn.Any(own => reference.StartsWith(own, StringComparison.Ordinal))
        select $"{module} refers to {reference}. HTTP and scheduling are the Host's: move what needs them there.";

    public static IEnumerable<string> Schemas(
        string owner,
        IReadOnlyCollection<SourceFile> sources,
        IReadOnlyCollection<string> foreign
    ) =>
        from file in sources.Selected("sources")
        from schema in foreign.Selected("schemas")
        from Match match in Regex.Matches(
            file.Text,
            $"""\b{schema}"?\."?[a-z_]+|[sS]chema: "{schema}"|search_path[^;\n]*\b{schema}\b"""
        )
        select $"{file.Path} of {owner} names {match.Value}. Another's tables are reached by a request of its Contracts.";

    // Read from the compiled assembly: it lists every type that it names.
    public static IEnumerable<string> NamedTypes(Assembly assembly, string module, IReadOnlyCollection<string> allowed)
    {
        using var file = new PEReader(File.OpenRead(assembly.Location));
        var metadata = file.GetMetadataReader();
        string[] named =
        [
            .. from handle in metadata.TypeReferences
            let type = metadata.GetTypeReference(handle)
            where type.ResolutionScope.Kind == HandleKind.AssemblyReference
            let scope = metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope)
            where metadata.GetString(scope.Name) == module
            select $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}",
        ];
        return from type in named
            where !allowed.Contains(type)
            select $"{assembly.GetName().Name} names {type}. Of a module it may see {(allowed.Count == 0 ? "nothing" : string.Join(" and ", allowed))}, and the Contracts.";
    }
}
