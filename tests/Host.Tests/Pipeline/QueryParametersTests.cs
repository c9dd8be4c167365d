using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Host.Pipeline;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Testing;

namespace Host.Tests.Pipeline;

public sealed class QueryParametersTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_call_takes_the_parameters_that_the_document_names_and_refuses_others_by_name()
    {
        var calls = await CallsAsync();

        Assert.NotEmpty(calls);
        foreach (var (method, path, taken) in calls)
        {
            foreach (var wrong in taken.Select(name => $"{name}s").Append("limt"))
            {
                var right = string.Concat(taken.Select(name => $"&{name}="));
                using var answer = await SendAsync(method, $"{path}?{wrong}=5{right}");

                var known = taken.Count == 0 ? "none" : string.Join(", ", taken);
                Assert.Equal(
                    (HttpStatusCode.BadRequest, wrong, $"There is no such query parameter. This call takes: {known}."),
                    await ProblemAsync(answer, $"{method} {path}")
                );
            }
        }
    }

    [Fact]
    public async Task What_a_call_takes_may_be_said_once()
    {
        foreach (var (method, path, taken) in await CallsAsync())
        {
            foreach (var name in taken)
            {
                using var answer = await SendAsync(method, $"{path}?{name}=5&{name.ToUpperInvariant()}=5");

                Assert.Equal(
                    (HttpStatusCode.BadRequest, name, "It is given more than once."),
                    await ProblemAsync(answer, $"{method} {path}")
                );
            }
        }
    }

    [Theory]
    [InlineData("/api/v1/follow-ups?LIMIT=5&UserId=anna", HttpStatusCode.OK)]
    [InlineData("/api/v1/follow-ups?", HttpStatusCode.OK)]
    [InlineData("/api/v1/follow-ups?&", HttpStatusCode.OK)]
    [InlineData("/api/v1/follow-ups?limt", HttpStatusCode.BadRequest)]
    [InlineData("/api/v1/follow-ups?=5", HttpStatusCode.BadRequest)]
    [InlineData("/api/v1/follow-ups?limit=5&user.id=a", HttpStatusCode.BadRequest)]
    [InlineData("/health/live?limt=5", HttpStatusCode.OK)]
    [InlineData("/health/ready?limt=5", HttpStatusCode.OK)]
    [InlineData("/metrics?limt=5", HttpStatusCode.OK)]
    [InlineData("/openapi/v1.json?limt=5", HttpStatusCode.OK)]
    [InlineData("/scalar/?limt=5", HttpStatusCode.OK)]
    [InlineData("/unsubscribe/none?limt=5", HttpStatusCode.NotFound)]
    [InlineData("/api/v1/nothing?limt=5", HttpStatusCode.NotFound)]
    public async Task Only_calls_are_strict(string target, HttpStatusCode status)
    {
        using var answer = await SendAsync("GET", target);

        Assert.Equal(status, answer.StatusCode);
    }

    // What the document names, which is what the routes bind.
    private async Task<List<(string Method, string Path, List<string> Taken)>> CallsAsync()
    {
        var document = await host.Http.GetFromJsonAsync<JsonElement>("/openapi/v1.json", Token);
        var calls = document
            .GetProperty("paths")
            .EnumerateObject()
            .SelectMany(path =>
                path.Value.EnumerateObject()
                    .Select(call =>
                        (
                            Method: call.Name.ToUpperInvariant(),
                            Path: path.Name,
                            Taken: (
                                call.Value.TryGetProperty("parameters", out var all) ? all.EnumerateArray() : default
                            )
                                .Where(parameter => parameter.GetProperty("in").GetString() == "query")
                                .Select(parameter => parameter.GetProperty("name").GetString()!)
                                .Order(StringComparer.Ordinal)
                                .ToList()
                        )
                    )
            )
            .ToList();
        var bound = host
            .Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.Select(endpoint => endpoint.Metadata.GetMetadata<QueryParameters>())
            .OfType<QueryParameters>()
            .ToList();
        Assert.Equal(calls.Count, bound.Count);
        Assert.Equal(
            calls.Select(call => string.Join(' ', call.Taken)).Order(StringComparer.Ordinal),
            bound
                .Select(parameters => string.Join(' ', parameters.Names.Order(StringComparer.Ordinal)))
                .Order(StringComparer.Ordinal)
        );
        return calls.ConvertAll(call => (call.Method, Filled(call.Path), call.Taken));
    }

    private static string Filled(string path) =>
        path.Replace(
                "{id}",
                path.Contains("/templates/", StringComparison.Ordinal) ? "custom" : $"{Guid.NewGuid()}",
                StringComparison.Ordinal
            )
            .Replace("{messageId}", $"{Guid.NewGuid()}", StringComparison.Ordinal)
            .Replace("{version}", "1", StringComparison.Ordinal)
            .Replace("{conversationId}", "c", StringComparison.Ordinal)
            .Replace("{userId}", "u", StringComparison.Ordinal)
            .Replace("{bookingId}", "b", StringComparison.Ordinal);

    private async Task<HttpResponseMessage> SendAsync(string method, string target)
    {
        using var message = new HttpRequestMessage(new HttpMethod(method), target);
        if (method is "POST" or "PUT" or "PATCH")
        {
            message.Content = Json("{}");
        }

        return await host.Http.SendAsync(message, Token);
    }

    private static StringContent Json(string body) => new(body, System.Text.Encoding.UTF8, "application/json");

    private static async Task<(HttpStatusCode, string, string)> ProblemAsync(HttpResponseMessage answer, string call)
    {
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.True(problem.TryGetProperty("errors", out var errors), $"{call}: {problem}");
        var error = Assert.Single(errors.EnumerateObject());
        return (answer.StatusCode, error.Name, Assert.Single(error.Value.EnumerateArray()).GetString()!);
    }
}
