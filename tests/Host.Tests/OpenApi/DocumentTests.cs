using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Host.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Testing;

namespace Host.Tests.OpenApi;

public sealed partial class DocumentTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string File => Path.GetFullPath(Path.Combine(Here(), "../../../build/openapi/v1.json"));

    // A change of the surface is a change of this file, and shows in review.
    [Fact]
    public async Task Document_is_the_one_that_the_build_wrote() =>
        Assert.True(
            JsonNode.DeepEquals(
                JsonNode.Parse(await host.Http.GetStringAsync("/openapi/v1.json", Token)),
                JsonNode.Parse(await System.IO.File.ReadAllTextAsync(File, Token))
            ),
            "The API has changed: build src/Host and commit build/openapi/v1.json."
        );

    [Fact]
    public void Every_route_is_in_the_table_of_calls()
    {
        var routes = host
            .Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.RoutePattern.RawText!.StartsWith("/api/v1/", StringComparison.Ordinal))
            .ToList();

        Assert.NotEmpty(routes);
        Assert.All(
            routes,
            route =>
                Assert.True(route.Metadata.GetMetadata<Call>() is not null, $"Add {route} to Host/OpenApi/Calls.cs")
        );
        Assert.Equal(Calls.All.Count, routes.Count);
    }

    [Fact]
    public async Task Every_call_says_what_it_takes_answers_and_needs()
    {
        var document = await host.Http.GetFromJsonAsync<JsonElement>("/openapi/v1.json", Token);
        var operations = document
            .GetProperty("paths")
            .EnumerateObject()
            .Where(path => path.Name.StartsWith("/api/v1", StringComparison.Ordinal))
            .SelectMany(path => path.Value.EnumerateObject().Select(o => (Name: $"{o.Name} {path.Name}", o.Value)))
            .ToList();

        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(operations);
        Assert.All(
            operations,
            operation =>
            {
                var (name, call) = operation;
                Assert.True(call.TryGetProperty("summary", out _), name);
                Assert.True(call.GetProperty("security").GetArrayLength() == 2, name);
                var responses = call.GetProperty("responses");
                foreach (var status in (string[])["400", "401", "403", "429", "503"])
                {
                    Assert.True(responses.TryGetProperty(status, out _), $"{name} {status}");
                }

                Assert.Contains(
                    responses.EnumerateObject(),
                    r =>
                        r.Name[0] == '2'
                        && r.Value.GetProperty("content")
                            .EnumerateObject()
                            .Any(c => c.Value.TryGetProperty("schema", out _))
                );
            }
        );
    }

    [Fact]
    public async Task No_body_asks_for_what_the_path_names()
    {
        var document = await host.Http.GetFromJsonAsync<JsonElement>("/openapi/v1.json", Token);
        var checker = new DocumentChecker(document);
        var bodies = document
            .GetProperty("paths")
            .EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(call => (Path: path.Name, Call: call.Value)))
            .Where(call => call.Call.TryGetProperty("requestBody", out _))
            .Select(call =>
                (
                    call.Path,
                    checker.Resolve(
                        call.Call.GetProperty("requestBody")
                            .GetProperty("content")
                            .GetProperty("application/json")
                            .GetProperty("schema")
                    )
                )
            )
            .ToList();

        Assert.NotEmpty(bodies);
        Assert.All(
            bodies,
            body =>
            {
                var (path, schema) = body;
                if (schema.TryGetProperty("properties", out var fields))
                {
                    Assert.DoesNotContain(
                        fields.EnumerateObject(),
                        field => path.Contains($"{{{field.Name}}}", StringComparison.Ordinal)
                    );
                }
            }
        );
    }

    // Its readers know no .NET: a property is called as JSON calls it, a word of an enum as it is sent.
    [Fact]
    public async Task No_text_speaks_of_what_is_inside()
    {
        var document = await host.Http.GetFromJsonAsync<JsonElement>("/openapi/v1.json", Token);
        var texts = Texts(document).ToList();

        Assert.True(texts.Count > 100);
        Assert.All(texts, text => Assert.DoesNotMatch(DotNet(), text));
        Assert.All(texts, text => Assert.DoesNotMatch(Inside(), text));
    }

    [Fact]
    public async Task Everything_is_described()
    {
        var document = await host.Http.GetFromJsonAsync<JsonElement>("/openapi/v1.json", Token);
        var described = Described(document).ToList();

        Assert.True(described.Count > 1000);
        Assert.Empty(described.Where(part => !Says(part.Value)).Select(part => part.Name));
    }

    // Each operation, parameter, body, answer and header, and each schema and property of one.
    private static IEnumerable<(string Name, JsonElement Value)> Described(JsonElement document)
    {
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var (name, call) = ($"{operation.Name} {path.Name}", operation.Value);
                yield return (name, call);
                foreach (var parameter in Members(call, "parameters"))
                {
                    yield return ($"{name} {parameter.Value.GetProperty("name")}", parameter.Value);
                }

                if (call.TryGetProperty("requestBody", out var body))
                {
                    yield return ($"{name} body", body);
                }

                foreach (var (status, answer) in Members(call, "responses"))
                {
                    yield return ($"{name} {status}", answer);
                    foreach (var (header, value) in Members(answer, "headers"))
                    {
                        yield return ($"{name} {status} {header}", value);
                    }
                }
            }
        }

        foreach (var (name, schema) in Members(document.GetProperty("components"), "schemas"))
        {
            yield return (name, schema);
            foreach (var (field, value) in Members(schema, "properties"))
            {
                yield return ($"{name}.{field}", value);
            }
        }
    }

    private static IEnumerable<(string Name, JsonElement Value)> Members(JsonElement parent, string name) =>
        !parent.TryGetProperty(name, out var value) ? []
        : value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select(item => ("", item))
        : value.EnumerateObject().Select(member => (member.Name, member.Value));

    // A status by its name alone, or the scope that every call needs, says nothing of this one.
    private static bool Says(JsonElement part) =>
        part.TryGetProperty("description", out var text)
        && text.GetString() is { Length: > 0 } words
        && words is not ("OK" or "Created")
        && !words.StartsWith("Needs the scope", StringComparison.Ordinal);

    private static IEnumerable<string> Texts(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Object => element
                .EnumerateObject()
                .SelectMany(member =>
                    member.Name is "description" or "summary" && member.Value.ValueKind == JsonValueKind.String
                        ? [member.Value.GetString()!]
                        : Texts(member.Value)
                ),
            JsonValueKind.Array => element.EnumerateArray().SelectMany(Texts),
            _ => [],
        };

    [GeneratedRegex(
        @"&lt;|[A-Z]\w*\.[A-Z]\w|\w\? [A-Z]\w*\.|\b(DateTimeOffset|TimeSpan|Guid|IReadOnly\w+|JsonElement)\b|(?<![:\w])[A-Z][a-z]+([A-Z][a-z]+)+(?![:\w])|[Nn]ull when (it|the [a-z]+) (is|has)|[Nn]ull when there is no|one or many"
    )]
    private static partial Regex DotNet();

    [GeneratedRegex(
        @"\.NET\b|\bcrossings?\b|\bcovering index\b|\b(row|table)'s lock\b|\bconversation's lock\b|\bMediatR\b|\bthe same transaction\b|\bon every Host\b|\bwhichever Host\b|\b(re)?claimed\b|\blease\b",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex Inside();

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
