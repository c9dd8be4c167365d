using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Host.OpenApi;

// What the code says of itself: the XML documentation beside the assemblies.
internal static partial class Documentation
{
    private static readonly Lazy<Dictionary<string, XElement>> Members = new(() =>
        Directory
            .EnumerateFiles(AppContext.BaseDirectory, "*.Contracts.xml")
            .SelectMany(file => XDocument.Load(file).Descendants("member"))
            .ToDictionary(member => member.Attribute("name")!.Value, StringComparer.Ordinal)
    );

    public static string Of(Type type) =>
        Members.Value.GetValueOrDefault($"T:{type.FullName}")?.Element("summary") is { } summary ? Text(summary) : "";

    // Of a property, or of the parameter of a record that it came from.
    public static string? Of(Type type, string property) =>
        Members.Value.GetValueOrDefault($"P:{type.FullName}.{property}")?.Element("summary") is { } summary
            ? Text(summary)
        : Members
            .Value.GetValueOrDefault($"T:{type.FullName}")
            ?.Elements("param")
            .FirstOrDefault(parameter => parameter.Attribute("name")?.Value == property)
            is { } parameter
            ? Text(parameter)
        : null;

    private static string Text(XElement element) =>
        Spaces().Replace(string.Concat(element.Nodes().Select(Words)), " ").Trim();

    private static string Words(XNode node) =>
        node switch
        {
            XText text => text.Value,
            XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
            XElement reference => (
                reference.Attribute("cref")?.Value.Split('.', ':')[^1]
                ?? reference.Attribute("name")?.Value
                ?? reference.Value
            ),
            _ => "",
        };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
