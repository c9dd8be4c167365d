using Conversations.Contracts;
using FluentValidation;
using Testing;

namespace Conversations.Tests.Features;

public sealed class ExportConversationsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(200)]
    public async Task Pages_of_any_size_hold_every_message_once_and_nobody_elses(int limit)
    {
        var (user, stranger) = (Some.Id(), Some.Id());
        var messages = Enumerable
            .Range(0, 4)
            .SelectMany(c =>
                Enumerable
                    .Range(0, 3 + c)
                    .Select(i => Some.Message($"{user}-{c}", 0.5, Noon.AddMinutes(i / 2)) with { UserId = user })
            )
            .ToArray();
        await host.Modules.Send(new StoreMessages(messages), Token);
        await host.Modules.Send(new StoreMessages([Some.Message(Some.Id()) with { UserId = stranger }]), Token);

        var exported = new List<Message>();
        var conversations = new HashSet<string>();
        var request = new ExportConversations(user, limit);
        for (ConversationsExport page; ; request = request with { After = page.Next })
        {
            page = await host.Modules.Send(request, Token);
            Assert.True(page.Items.Sum(item => item.Messages.Count) <= limit);
            exported.AddRange(page.Items.SelectMany(item => item.Messages));
            conversations.UnionWith(page.Items.Select(item => item.Conversation.Id));
            if (page.Next is null)
            {
                break;
            }
        }

        Assert.Equal(4, conversations.Count);
        Assert.Equal(
            messages
                .OrderBy(m => m.ConversationId, StringComparer.Ordinal)
                .ThenBy(m => m.SentAt)
                .ThenBy(m => m.Id!.Value)
                .Select(m => m.Id!.Value),
            exported.Select(m => m.Id)
        );
        Assert.All(exported, message => Assert.Equal(user, message.UserId));
    }

    [Fact]
    public async Task Nothing_is_held_on_a_stranger() =>
        Assert.Empty((await host.Modules.Send(new ExportConversations(Some.Id()), Token)).Items);

    [Fact]
    public async Task No_user_is_refused() =>
        await Assert.ThrowsAsync<ValidationException>(() => host.Modules.Send(new ExportConversations(""), Token));
}
