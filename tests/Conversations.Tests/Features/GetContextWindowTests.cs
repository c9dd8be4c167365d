using System.Text.Json;
using Conversations.Contracts;
using Testing;

namespace Conversations.Tests.Features;

public sealed class GetContextWindowTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly JsonElement Json = JsonElement.Parse("""[{"id":"call-1"}]""");

    private Task<T> Send<T>(MediatR.IRequest<T> request) =>
        host.Modules.Send(request, TestContext.Current.CancellationToken);

    // Speaks each message a second after the one before.
    private async Task<string> Said(params (string Content, MessageRole Role, int Tokens)[] messages)
    {
        var id = Some.Id();
        await Send(
            new StoreMessages([
                .. messages.Select(
                    (m, i) =>
                        Some.Message(id, sentAt: Noon.AddSeconds(i)) with
                        {
                            Content = m.Content,
                            Role = m.Role,
                            Usage = new TokenUsage(OutputTokens: m.Tokens),
                            ToolCalls = m.Content.StartsWith("call", StringComparison.Ordinal) ? Json : null,
                            ToolResults = m.Content.StartsWith("answer", StringComparison.Ordinal) ? Json : null,
                        }
                ),
            ])
        );
        return id;
    }

    private async Task<(string Contents, long Tokens)> Window(string id, int maxTokens, bool keepSystem = false)
    {
        var window = (await Send(new GetContextWindow(id, maxTokens, keepSystem)))!;
        Assert.Equal(window.Items.Sum(m => m.TokenCount), window.TokenCount);
        Assert.True(window.TokenCount <= maxTokens);
        return (string.Join(' ', window.Items.Select(m => m.Content)), window.TokenCount);
    }

    [Theory]
    [InlineData(1, "", 0)]
    [InlineData(4, "", 0)]
    [InlineData(5, "c", 5)]
    [InlineData(24, "c", 5)]
    [InlineData(25, "b c", 25)]
    [InlineData(34, "b c", 25)]
    [InlineData(35, "a b c", 35)]
    [InlineData(2_000_000, "a b c", 35)]
    public async Task Newest_messages_fit_to_the_token_oldest_first(int maxTokens, string contents, long tokens)
    {
        var id = await Said(("a", MessageRole.User, 10), ("b", MessageRole.Assistant, 20), ("c", MessageRole.User, 5));

        Assert.Equal((contents, tokens), await Window(id, maxTokens));
    }

    [Fact]
    public async Task An_older_message_that_would_fit_does_not_jump_over_one_that_does_not()
    {
        var id = await Said(
            ("small", MessageRole.User, 1),
            ("big", MessageRole.User, 50),
            ("new", MessageRole.User, 1)
        );

        Assert.Equal(("new", 1), await Window(id, 10));
    }

    [Theory]
    [InlineData(31, "call answer1 answer2 thanks", 31)]
    [InlineData(30, "thanks", 1)]
    [InlineData(11, "thanks", 1)]
    [InlineData(36, "question call answer1 answer2 thanks", 36)]
    public async Task A_call_and_its_answers_go_together_or_not_at_all(int maxTokens, string contents, long tokens)
    {
        var id = await Said(
            ("question", MessageRole.User, 5),
            ("call", MessageRole.Assistant, 10),
            ("answer1", MessageRole.Tool, 10),
            ("answer2", MessageRole.Tool, 10),
            ("thanks", MessageRole.User, 1)
        );

        Assert.Equal((contents, tokens), await Window(id, maxTokens));
    }

    [Fact]
    public async Task Only_the_answers_of_the_call_that_does_not_fit_are_left_out()
    {
        var id = await Said(
            ("call1", MessageRole.Assistant, 10),
            ("answer1", MessageRole.Tool, 1),
            ("meanwhile", MessageRole.User, 1),
            ("call2", MessageRole.Assistant, 1),
            ("answer2", MessageRole.Tool, 1)
        );

        Assert.Equal(("meanwhile call2 answer2", 3), await Window(id, 5));
    }

    // Two calls at once, answered out of order: the window begins between them.
    [Theory]
    [InlineData("toolCallId")]
    [InlineData("tool_call_id")]
    [InlineData("id")]
    public async Task Answers_belong_to_the_calls_that_they_name(string name)
    {
        var id = Some.Id();
        NewMessage Say(int second, MessageRole role, string content, string? calls, string? results) =>
            Some.Message(id, sentAt: Noon.AddSeconds(second)) with
            {
                Role = role,
                Content = content,
                Usage = new TokenUsage(OutputTokens: 1),
                ToolCalls = calls is null ? null : JsonElement.Parse($$"""[{"id":"{{calls}}"}]"""),
                ToolResults = results is null ? null : JsonElement.Parse($$"""[{"{{name}}":"{{results}}"}]"""),
            };
        await Send(
            new StoreMessages([
                Say(0, MessageRole.Assistant, "callA", "a", null),
                Say(1, MessageRole.Assistant, "callB", "b", null),
                Say(2, MessageRole.Tool, "answerB", null, "b"),
                Say(3, MessageRole.Tool, "answerA", null, "a"),
                Say(4, MessageRole.Assistant, "done", null, null),
            ])
        );

        Assert.Equal(("callA callB answerB answerA done", 5), await Window(id, 5));
        Assert.Equal(("callB answerB done", 3), await Window(id, 4));
        Assert.Equal(("done", 1), await Window(id, 3));
    }

    [Fact]
    public async Task One_answer_to_two_calls_takes_the_call_that_fits_with_it()
    {
        var id = Some.Id();
        NewMessage Say(int second, MessageRole role, string json) =>
            Some.Message(id, sentAt: Noon.AddSeconds(second)) with
            {
                Role = role,
                Content = $"{second}",
                Usage = new TokenUsage(OutputTokens: 1),
                ToolCalls = role == MessageRole.Assistant ? JsonElement.Parse(json) : null,
                ToolResults = role == MessageRole.Tool ? JsonElement.Parse(json) : null,
            };
        await Send(
            new StoreMessages([
                Say(0, MessageRole.Assistant, """[{"id":"a"}]"""),
                Say(1, MessageRole.Assistant, """[{"id":"b"}]"""),
                Say(2, MessageRole.Tool, """[{"id":"a"},{"id":"b"}]"""),
                Say(3, MessageRole.User, "{}"),
            ])
        );

        Assert.Equal(("3", 1), await Window(id, 3));
        Assert.Equal(("0 1 2 3", 4), await Window(id, 4));
    }

    [Fact]
    public async Task Calls_and_results_weigh_as_well()
    {
        var id = Some.Id();
        var large = JsonElement.Parse($$"""{"menu":"{{string.Join(' ', Enumerable.Repeat("saffron", 2000))}}"}""");
        await Send(
            new StoreMessages([
                Some.Message(id, sentAt: Noon) with
                {
                    Role = MessageRole.Assistant,
                    Content = "",
                    ToolCalls = Json,
                },
                Some.Message(id, sentAt: Noon.AddSeconds(1)) with
                {
                    Role = MessageRole.Tool,
                    Content = "",
                    ToolResults = large,
                },
                Some.Message(id, sentAt: Noon.AddSeconds(2)) with
                {
                    Content = "Thanks",
                },
            ])
        );

        Assert.Equal("Thanks", Assert.Single((await Send(new GetContextWindow(id, 1000)))!.Items).Content);
        Assert.InRange((await Send(new GetContextWindow(id, 100_000)))!.TokenCount, 2000, 10_000);
    }

    [Theory]
    [InlineData(false, 12, "old new", 7)]
    [InlineData(true, 12, "prompt old new", 12)]
    [InlineData(true, 11, "prompt new", 9)]
    [InlineData(true, 5, "prompt", 5)]
    [InlineData(true, 4, "new", 4)]
    public async Task System_messages_are_kept_before_all_others(
        bool keepSystem,
        int maxTokens,
        string contents,
        long tokens
    )
    {
        var id = await Said(
            ("prompt", MessageRole.System, 5),
            ("big", MessageRole.User, 50),
            ("old", MessageRole.User, 3),
            ("new", MessageRole.User, 4)
        );

        Assert.Equal((contents, tokens), await Window(id, maxTokens, keepSystem));
    }

    [Fact]
    public async Task Messages_of_one_instant_stand_by_id_and_none_is_lost()
    {
        var id = Some.Id();
        var messages = Enumerable
            .Range(0, 20)
            .Select(_ => Some.Message(id, sentAt: Noon) with { Usage = new TokenUsage(OutputTokens: 1) })
            .ToArray();
        await Send(new StoreMessages(messages));

        var window = (await Send(new GetContextWindow(id, 15)))!;

        Assert.Equal(messages.Select(m => m.Id!.Value).Order().Skip(5), window.Items.Select(m => m.Id));
    }

    [Fact]
    public async Task Messages_without_weight_end_at_the_greatest_number()
    {
        var id = Some.Id();
        await Send(
            new StoreMessages([
                .. Enumerable
                    .Range(0, 2_005)
                    .Select(i =>
                        Some.Message(id, sentAt: Noon.AddSeconds(i)) with
                        {
                            Usage = new TokenUsage(OutputTokens: 0),
                        }
                    ),
            ])
        );

        Assert.Equal(2_000, (await Send(new GetContextWindow(id)))!.Items.Count);
    }

    [Fact]
    public async Task An_unknown_conversation_has_none() => Assert.Null(await Send(new GetContextWindow(Some.Id())));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(2_000_001)]
    public async Task A_budget_out_of_bounds_is_refused(int maxTokens)
    {
        var refused = await Assert.ThrowsAsync<FluentValidation.ValidationException>(() =>
            Send(new GetContextWindow("c", maxTokens))
        );

        Assert.Equal("MaxTokens", Assert.Single(refused.Errors).PropertyName);
    }
}
