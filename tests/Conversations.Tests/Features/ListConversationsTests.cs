using Conversations.Contracts;
using Testing;

namespace Conversations.Tests.Features;

public sealed class ListConversationsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    private Task<T> Send<T>(MediatR.IRequest<T> request) =>
        host.Modules.Send(request, TestContext.Current.CancellationToken);

    private async Task<string> Talk(string user, DateTimeOffset newest, string channel = "web")
    {
        var id = Some.Id();
        await Send(
            new StoreMessages([
                Some.Message(id, 0.2, newest.AddDays(-1)) with
                {
                    UserId = user,
                    Channel = channel,
                },
                Some.Message(id, 0.9, newest),
            ])
        );
        return id;
    }

    private async Task<List<string>> Pages(ListConversations request)
    {
        var ids = new List<string>();
        ConversationPage page;
        do
        {
            page = await Send(request);
            Assert.True(page.Items.Count <= request.Limit);
            ids.AddRange(page.Items.Select(c => c.Id));
            request = request with { After = page.Next };
        } while (page.Next is not null);

        return ids;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(200)]
    public async Task Newest_message_comes_first_and_pages_hold_every_conversation_once(int limit)
    {
        var user = Some.Id();
        var talks = new List<(DateTimeOffset At, string Id)>();
        foreach (var minutes in (int[])[0, 59, 60, 60, 60, 61, 3000, 3000])
        {
            talks.Add((Noon.AddMinutes(minutes), await Talk(user, Noon.AddMinutes(minutes))));
        }

        var expected = talks
            .OrderByDescending(t => t.At)
            .ThenByDescending(t => t.Id, StringComparer.Ordinal)
            .Select(t => t.Id);

        Assert.Equal(expected, await Pages(new ListConversations(user, Limit: limit)));
        var everybodys = await Pages(new ListConversations(Since: Noon, Limit: limit));
        Assert.Equal(expected, everybodys.Where(id => talks.Any(t => t.Id == id)));
    }

    [Fact]
    public async Task A_listed_conversation_is_what_it_is_read_alone()
    {
        var user = Some.Id();
        var id = await Talk(user, Noon);

        var listed = Assert.Single((await Send(new ListConversations(user))).Items);

        var alone = (await Send(new GetConversation(id)))!;
        Assert.Equal(alone with { Channels = listed.Channels }, listed);
        Assert.Equal(alone.Channels, listed.Channels);
        Assert.Equal(EmotionTrend.Improving, listed.EmotionTrend);
    }

    [Fact]
    public async Task Filters_narrow_the_list()
    {
        var user = Some.Id();
        var (early, late) = (await Talk(user, Noon, "sms"), await Talk(user, Noon.AddHours(1)));

        Assert.Equal([early], await Pages(new ListConversations(user, Channel: "sms")));
        Assert.Equal([late, early], await Pages(new ListConversations(user, Channel: "api")));
        Assert.Equal([late], await Pages(new ListConversations(user, Since: Noon.AddTicks(10))));
        Assert.Equal([late, early], await Pages(new ListConversations(user, Since: Noon)));
        Assert.Equal([late, early], await Pages(new ListConversations(user, Active: true, Escalated: false)));
        Assert.Empty(await Pages(new ListConversations(user, Active: false)));
        Assert.Empty(await Pages(new ListConversations(user, Escalated: true)));
        Assert.Empty(await Pages(new ListConversations(Some.Id())));
    }

    public static TheoryData<ListConversations, string> Wrong() =>
        new()
        {
            { new ListConversations(""), "UserId" },
            { new ListConversations(Channel: "no slug"), "Channel" },
            { new ListConversations(Limit: 0), "Limit" },
            { new ListConversations(Limit: 201), "Limit" },
            { new ListConversations(After: new ConversationKey(Noon, "")), "cursor" },
        };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public async Task Bad_input_is_refused_by_name(ListConversations request, string field)
    {
        var refused = await Assert.ThrowsAsync<FluentValidation.ValidationException>(() => Send(request));

        Assert.Equal(field, Assert.Single(refused.Errors).PropertyName);
    }
}
