using Conversations.Contracts;
using FluentValidation;
using Testing;

namespace Conversations.Tests.Features;

public sealed class GetMessagesTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 4)]
    [InlineData(true, 4)]
    [InlineData(true, 12)]
    [InlineData(true, 200)]
    public async Task Pages_hold_every_message_once_in_order(bool newest, int limit)
    {
        var id = Some.Id();
        var messages = Enumerable.Range(0, 12).Select(i => Some.Message(id, null, Noon.AddMinutes(i / 4))).ToArray();
        await host.Modules.Send(new StoreMessages([.. messages, Some.Message(Some.Id(), null, Noon)]), Token);

        var read = new List<Guid>();
        var request = new GetMessages(id, newest, limit);
        for (MessagePage page; ; request = request with { After = page.Next })
        {
            page = (await host.Modules.Send(request, Token))!;
            Assert.True(page.Items.Count <= limit);
            read.AddRange(page.Items.Select(message => message.Id));
            if (page.Next is null)
            {
                break;
            }
        }

        var expected = messages.OrderBy(m => m.SentAt).ThenBy(m => m.Id!.Value).Select(m => m.Id!.Value);
        Assert.Equal(newest ? expected.Reverse() : expected, read);
    }

    [Fact]
    public async Task A_message_is_answered_as_it_was_stored()
    {
        var id = Some.Id();
        var json = System.Text.Json.JsonElement.Parse("""{"table":[4,"by the window"]}""");
        var message = Some.Message(id, 0.25, Noon) with
        {
            Emotion = new Emotion(0.25, "worry", ["worry", "hope"]),
            Metadata = json,
            ToolCalls = json,
            ToolResults = json,
            Usage = new TokenUsage(7, 3),
            Channel = "whatsapp",
        };
        var stored = await host.Modules.Send(new StoreMessages([message]), Token);

        var read = (await host.Modules.Send(new GetMessages(id), Token))!.Items[0];

        Assert.Equivalent(
            stored.Messages[0] with
            {
                Metadata = null,
                ToolCalls = null,
                ToolResults = null,
            },
            read with
            {
                Metadata = null,
                ToolCalls = null,
                ToolResults = null,
            },
            strict: true
        );
        Assert.True(System.Text.Json.JsonElement.DeepEquals(json, read.Metadata!.Value));
        Assert.True(System.Text.Json.JsonElement.DeepEquals(json, read.ToolCalls!.Value));
        Assert.True(System.Text.Json.JsonElement.DeepEquals(json, read.ToolResults!.Value));
        Assert.Equal(3, read.TokenCount);
    }

    [Fact]
    public async Task An_unknown_conversation_has_none() =>
        Assert.Null(await host.Modules.Send(new GetMessages(Some.Id()), Token));

    [Theory]
    [InlineData(0)]
    [InlineData(201)]
    public async Task A_limit_out_of_bounds_is_refused(int limit) =>
        await Assert.ThrowsAsync<ValidationException>(() =>
            host.Modules.Send(new GetMessages(Some.Id(), Limit: limit), Token)
        );
}
