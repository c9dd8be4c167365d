using System.Text.Json;
using Conversations.Contracts;
using FluentValidation;
using Testing;

namespace Conversations.Tests.Features;

public sealed class MergeContextTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Task<Conversation?> Merge(string id, string patch) =>
        host.Modules.Send(new MergeContext(id, JsonElement.Parse(patch)), Token);

    private async Task<string> Conversation()
    {
        var id = Some.Id();
        await host.Modules.Send(new StoreMessages([Some.Message(id)]), Token);
        return id;
    }

    // The examples of RFC 7396, appendix A, that keep an object.
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", """{}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"a":"foo"}""", """{"b":{"bb":{"ccc":null}}}""", """{"a":"foo","b":{"bb":{}}}""")]
    [InlineData("""{"a":[null]}""", """{}""", """{"a":[null]}""")]
    public async Task A_patch_merges_as_the_standard_says(string before, string patch, string after)
    {
        var id = await Conversation();
        await Merge(id, before);

        var merged = (await Merge(id, patch))!;

        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(after), merged.Context!.Value), $"{merged.Context}");
    }

    [Fact]
    public async Task Patches_of_different_keys_made_at_once_all_survive()
    {
        var id = await Conversation();

        await Task.WhenAll(
            Enumerable.Range(0, 64).Select(i => Merge(id, $$$"""{"key{{{i}}}":{{{i}}},"all":{"{{{i}}}":1}}"""))
        );

        var context = (await host.Modules.Send(new GetConversation(id), Token))!.Context!.Value;
        Assert.Equal(65, context.EnumerateObject().Count());
        Assert.Equal(64, context.GetProperty("all").EnumerateObject().Count());
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("""{"a":"\u0000"}""")]
    public async Task What_is_no_storable_object_is_refused_by_name(string patch)
    {
        var id = await Conversation();

        var refused = await Assert.ThrowsAsync<ValidationException>(() => Merge(id, patch));

        Assert.Equal("context", Assert.Single(refused.Errors).PropertyName);
    }

    [Fact]
    public async Task A_context_that_would_grow_too_large_is_refused_and_stays_as_it_was()
    {
        var id = await Conversation();
        var half = new string('x', 40_000);
        await Merge(id, $$"""{"a":"{{half}}"}""");

        var refused = await Assert.ThrowsAsync<ValidationException>(() => Merge(id, $$"""{"b":"{{half}}"}"""));

        Assert.Equal("context", Assert.Single(refused.Errors).PropertyName);
        var context = (await host.Modules.Send(new GetConversation(id), Token))!.Context!.Value;
        Assert.Equal(["a"], context.EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task Unknown_conversation_is_null() => Assert.Null(await Merge(Some.Id(), "{}"));
}
