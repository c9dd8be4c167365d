using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Host.OpenApi;

// What the code says of itself, in the words of REST: the XML documentation beside the assemblies.
internal static partial class Documentation
{
    private static readonly Lazy<Dictionary<string, XElement>> Members = new(() =>
        Directory
            .EnumerateFiles(AppContext.BaseDirectory, "*.Contracts.xml")
            .Append(Path.Combine(AppContext.BaseDirectory, "Host.xml"))
            .SelectMany(file => XDocument.Load(file).Descendants("member"))
            .ToDictionary(member => member.Attribute("name")!.Value, StringComparer.Ordinal)
    );

    public static string Of(Type type) =>
        Members.Value.GetValueOrDefault($"T:{Name(type)}")?.Element("summary") is { } summary
            ? NullAnswers().Replace(Text(summary), "")
            : "";

    // Of a property, or of the parameter of a record that it came from, or of the same of a record that says it.
    public static string? Of(Type type, string property) => Of(Name(type), property);

    private static string? Of(string type, string property)
    {
        if (Members.Value.GetValueOrDefault($"P:{type}.{property}")?.Element("summary") is { } summary)
        {
            return Text(summary);
        }

        var record = Members.Value.GetValueOrDefault($"T:{type}");
        return record?.Elements("param").FirstOrDefault(parameter => parameter.Attribute("name")?.Value == property)
                is { } parameter
                ? Text(parameter)
            : record?.Element("inheritdoc")?.Attribute("cref")?.Value is { } other ? Of(other[2..], property)
            : null;
    }

    private static string Name(Type type) =>
        (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');

    private static string Text(XElement element) =>
        Spaces().Replace(string.Concat(element.Nodes().Select(Words)), " ").Trim();

    private static string Words(XNode node) =>
        node switch
        {
            XText text => text.Value,
            XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
            XElement reference when reference.Attribute("cref")?.Value is { } named => $"`{Word(named)}`",
            XElement reference when reference.Attribute("name")?.Value is { } parameter =>
                $"`{JsonNamingPolicy.CamelCase.ConvertName(parameter)}`",
            XElement other => other.Value,
            _ => "",
        };

    // A use case is called as its operation.
    private static string Word(string named)
    {
        var name = named.Split('.')[^1];
        return named[0] == 'F'
            ? JsonNamingPolicy.SnakeCaseLower.ConvertName(name)
            : JsonNamingPolicy.CamelCase.ConvertName(name);
    }

    // What a call in the process answers with null, REST answers with a status.
    [GeneratedRegex(@"(; n|\.? ?N)ull when (it|the [a-z]+) (is|has)( been)? [a-z ]+(: nothing is kept then)?(?=\.)")]
    private static partial Regex NullAnswers();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
