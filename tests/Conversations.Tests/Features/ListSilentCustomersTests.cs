using Conversations.Contracts;
using FluentValidation;
using Testing;

namespace Conversations.Tests.Features;

public sealed class ListSilentCustomersTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset June = new(2031, 6, 10, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Task<StoreMessagesResult> Say(
        string user,
        string conversation,
        DateTimeOffset at,
        MessageRole role = MessageRole.User
    ) =>
        host.Modules.Send(
            new StoreMessages([Some.Message(conversation, sentAt: at) with { UserId = user, Role = role }]),
            Token
        );

    private async Task<List<SilentCustomer>> All(ListSilentCustomers request)
    {
        var all = new List<SilentCustomer>();
        for (SilentCustomerPage page; ; request = request with { After = page.Next })
        {
            page = await host.Modules.Send(request, Token);
            Assert.True(page.Items.Count <= request.Limit);
            all.AddRange(page.Items);
            if (page.Next is null)
            {
                return all;
            }
        }
    }

    [Fact]
    public async Task The_newest_own_message_over_all_conversations_decides()
    {
        var (silent, active, answered, late) = (Some.Id(), Some.Id(), Some.Id(), Some.Id());
        var conversation = Some.Id();
        await Say(silent, Some.Id(), June.AddDays(-40));
        await Say(silent, conversation, June);
        await Say(active, Some.Id(), June);
        await Say(active, Some.Id(), June.AddDays(3));
        var thread = Some.Id();
        await Say(answered, thread, June.AddHours(1));
        await Say(answered, thread, June.AddDays(5), MessageRole.Assistant);
        await Say(late, Some.Id(), June.AddDays(1));

        var listed = await All(new ListSilentCustomers(June, June.AddDays(1)));

        Assert.Contains(new SilentCustomer(silent, June, conversation, 2, false), listed);
        Assert.Contains(new SilentCustomer(answered, June.AddHours(1), thread, 1, false), listed);
        Assert.DoesNotContain(listed, customer => customer.UserId == active || customer.UserId == late);
    }

    [Fact]
    public async Task Small_pages_name_everybody_once()
    {
        var from = June.AddYears(1);
        var users = Enumerable.Range(0, 23).Select(_ => Some.Id()).ToArray();
        foreach (var (user, i) in users.Select((user, i) => (user, i)))
        {
            await Say(user, Some.Id(), from.AddHours(i * 5));
            await Say(user, Some.Id(), from.AddHours(i * 5));
        }

        var listed = await All(new ListSilentCustomers(from, from.AddDays(30), Limit: 4));

        Assert.Equal(users.Order(), listed.Select(customer => customer.UserId).Order());
        Assert.All(listed, customer => Assert.Equal(2, customer.ConversationCount));
    }

    [Fact]
    public async Task Customers_whom_a_human_serves_are_left_out_on_request()
    {
        var from = June.AddYears(2);
        var (user, other) = (Some.Id(), Some.Id());
        await Say(user, Some.Id(), from);
        await Say(user, other, from.AddDays(-1));
        await host.Modules.Send(new EscalateConversation(other), Token);

        Assert.True(Assert.Single(await All(new ListSilentCustomers(from, from.AddDays(1)))).Escalated);
        Assert.Empty(await All(new ListSilentCustomers(from, from.AddDays(1), WithoutEscalated: true)));
    }

    [Fact]
    public async Task A_span_that_ends_before_it_starts_is_refused() =>
        await Assert.ThrowsAsync<ValidationException>(() =>
            host.Modules.Send(new ListSilentCustomers(June, June), Token)
        );
}
