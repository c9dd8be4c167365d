using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace Architecture.Tests;

// What others see of a module.
internal static class SurfaceRules
{
    public static IEnumerable<string> Doors(string module, IEnumerable<Type> types) =>
        from type in types.Where(type => type.IsVisible).Selected("exported types")
        where type.Name != $"{module}Module" && type.Name != $"{module}Options"
        where !type.Namespace!.EndsWith(".Migrations", StringComparison.Ordinal)
        select $"{type} is public. Make it internal sealed, or move it to {module}.Contracts: a module shows its door and its options alone.";

    public static IEnumerable<string> Contracts(IEnumerable<Type> types)
    {
        foreach (var type in types.Where(type => type.IsVisible).Selected("contracts"))
        {
            if (type.IsEnum || type.IsInterface)
            {
                continue;
            }

            if (type.GetMethod("<Clone>$") is null && !type.IsValueType)
            {
                yield return $"{type} is no record. Contracts carry data alone: make it one.";
            }

            if (!type.IsSealed)
            {
                yield return $"{type} can be inherited. Seal it.";
            }

            foreach (var property in type.GetProperties().Where(property => property.SetMethod is { IsPublic: true }))
            {
                var modifiers = property.SetMethod!.ReturnParameter.GetRequiredCustomModifiers();
                if (!modifiers.Contains(typeof(IsExternalInit)))
                {
                    yield return $"{type}.{property.Name} can be set after the fact. Give it init in place of set.";
                }
            }

            foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
            {
                yield return $"{type}.{field.Name} is a public field. Make it a property with init.";
            }
        }
    }

    public static IEnumerable<string> Documentation(IEnumerable<Type> types, XDocument documentation)
    {
        var members = documentation
            .Descendants("member")
            .Where(member => !string.IsNullOrWhiteSpace(member.Value))
            .ToDictionary(member => member.Attribute("name")!.Value);
        foreach (var type in types.Where(type => type.IsVisible).Selected("contracts"))
        {
            members.TryGetValue($"T:{type.FullName}", out var summary);
            if (summary is null)
            {
                yield return $"{type} has no summary. Say what it means, its units, bounds and errors.";
            }

            var parameters =
                summary?.Elements("param").Select(parameter => parameter.Attribute("name")!.Value).ToHashSet() ?? [];
            var named = type.IsEnum
                ? type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (field.Name, Kind: 'F'))
                : type.GetProperties().Select(property => (property.Name, Kind: 'P'));
            foreach (var (name, kind) in named)
            {
                if (!parameters.Contains(name) && !members.ContainsKey($"{kind}:{type.FullName}.{name}"))
                {
                    yield return $"{type}.{name} is not documented. Say what it means, its units and bounds.";
                }
            }
        }
    }
}
