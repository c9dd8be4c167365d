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

    // As the caller writes it: the spaces that PostgreSQL adds do not count, those inside a string do.
    [Theory]
    [InlineData("""{"a":"$","b":[1,2,{"c": 3}]}""", 65_536, true)]
    [InlineData("""{"a":"say \"x: y, z\" $","b":1}""", 65_536, true)]
    [InlineData("""{"a":"$","b":1}""", 65_537, false)]
    public async Task Exactly_what_may_be_sent_may_be_kept(string json, int bytes, bool kept)
    {
        var id = await Conversation();
        var patch = json.Replace("$", new string('x', bytes - json.Length + 1), StringComparison.Ordinal);

        if (kept)
        {
            var context = (await Merge(id, patch))!.Context!.Value;
            Assert.True(JsonElement.DeepEquals(JsonElement.Parse(patch), context));
            await Assert.ThrowsAsync<ValidationException>(() => Merge(id, """{"one":"more than fits beside it"}"""));
        }
        else
        {
            await Assert.ThrowsAsync<ValidationException>(() => Merge(id, patch));
        }
    }

    [Fact]
    public async Task Unknown_conversation_is_null() => Assert.Null(await Merge(Some.Id(), "{}"));
}
