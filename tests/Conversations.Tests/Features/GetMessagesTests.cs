using Conversations.Contracts;
using Testing;

namespace Conversations.Tests.Features;

public sealed class GetMessagesTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Several messages of one instant lie across the borders of pages.
    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 3)]
    [InlineData(true, 2)]
    [InlineData(true, 200)]
    public async Task Pages_hold_every_message_once_in_order(bool newest, int limit)
    {
        var id = Some.Id();
        NewMessage[] messages = [.. Enumerable.Range(0, 7).Select(i => Some.Message(id, null, Noon.AddMinutes(i / 3)))];
        await host.Modules.Send(new StoreMessages(messages), Token);

        var read = new List<Message>();
        MessageKey? after = null;
        do
        {
            var page = await host.Modules.Send(new GetMessages(id, newest, limit, after), Token);
            Assert.InRange(page!.Items.Count, 1, limit);
            read.AddRange(page.Items);
            after = page.Next;
        } while (after is not null);

        var keys = read.Select(message => (message.SentAt, Text: $"{message.Id}")).ToArray();
        Assert.Equal(
            messages.Select(message => message.Id).ToHashSet(),
            read.Select(message => (Guid?)message.Id).ToHashSet()
        );
        Assert.Equal(7, read.Count);
        Assert.Equal(newest ? keys.OrderDescending() : keys.Order(), keys);
    }

    [Fact]
    public async Task Unknown_conversation_is_null() =>
        Assert.Null(await host.Modules.Send(new GetMessages(Some.Id()), Token));
}
