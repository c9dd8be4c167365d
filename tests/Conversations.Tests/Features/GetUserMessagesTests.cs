using Conversations.Contracts;
using Testing;

namespace Conversations.Tests.Features;

public sealed class GetUserMessagesTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Noon = new(2031, 11, 5, 12, 0, 0, TimeSpan.Zero);

    private Task<T> Send<T>(MediatR.IRequest<T> request) =>
        host.Modules.Send(request, TestContext.Current.CancellationToken);

    private Task<StoreMessagesResult> Store(params NewMessage[] messages) => Send(new StoreMessages(messages));

    private async Task<List<Message>> Pages(GetUserMessages request)
    {
        var messages = new List<Message>();
        TimelinePage page;
        do
        {
            page = (await Send(request))!;
            Assert.True(page.Items.Count <= request.Limit);
            messages.AddRange(page.Items);
            request = request with { After = page.Next };
        } while (page.Next is not null);

        return messages;
    }

    [Fact]
    public async Task Messages_of_all_conversations_interleave_by_time_those_before_the_owner_was_known_included()
    {
        var (user, first, second) = (Some.Id(), Some.Id(), Some.Id());
        await Store(
            Some.Message(first, sentAt: Noon) with
            {
                Content = "1",
            },
            Some.Message(second, sentAt: Noon.AddMinutes(1)) with
            {
                Content = "2",
                UserId = user,
            },
            Some.Message(first, sentAt: Noon.AddMinutes(2)) with
            {
                Content = "3",
                UserId = user,
            },
            Some.Message(second, sentAt: Noon.AddMinutes(3)) with
            {
                Content = "4",
            }
        );

        var page = (await Send(new GetUserMessages(user)))!;

        Assert.Equal(["1", "2", "3", "4"], page.Items.Select(m => m.Content));
        Assert.All(page.Items, m => Assert.Equal(user, m.UserId));
        Assert.Null(page.Next);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 7)]
    [InlineData(true, 7)]
    [InlineData(true, 200)]
    public async Task Pages_hold_every_message_once_even_of_one_instant_and_one_id(bool newest, int limit)
    {
        var user = Some.Id();
        var sameId = Guid.CreateVersion7();
        var messages = Enumerable
            .Range(0, 9)
            .SelectMany(conversation =>
            {
                var id = Some.Id();
                return Enumerable
                    .Range(0, 5)
                    .Select(i =>
                        Some.Message(id, sentAt: Noon.AddSeconds(i / 2)) with
                        {
                            Id = i == 0 ? sameId : Guid.CreateVersion7(),
                            UserId = user,
                            Content = $"{conversation}:{i}",
                        }
                    );
            })
            .ToArray();
        await Store(messages);

        var read = await Pages(new GetUserMessages(user, Newest: newest, Limit: limit));

        Assert.Equal(messages.Select(m => m.Content!).Order(), read.Select(m => m.Content).Order());
        var ordered = read.OrderBy(m => m.SentAt)
            .ThenBy(m => m.Id)
            .ThenBy(m => m.ConversationId, StringComparer.Ordinal)
            .Select(m => m.Content);
        Assert.Equal(newest ? ordered.Reverse() : ordered, read.Select(m => m.Content));
    }

    [Fact]
    public async Task Channel_is_that_of_the_message_and_since_includes_its_instant()
    {
        var (user, mixed) = (Some.Id(), Some.Id());
        await Store(
            Some.Message(mixed, sentAt: Noon) with
            {
                UserId = user,
                Channel = "sms",
                Content = "early",
            },
            Some.Message(mixed, sentAt: Noon.AddMinutes(1)) with
            {
                Channel = "sms",
                Content = "in time",
            },
            Some.Message(mixed, sentAt: Noon.AddMinutes(2)) with
            {
                Channel = "web",
                Content = "elsewhere",
            }
        );

        var page = (await Send(new GetUserMessages(user, "sms", Noon.AddMinutes(1).ToOffset(TimeSpan.FromHours(5)))))!;

        Assert.Equal(["in time"], page.Items.Select(m => m.Content));
    }

    [Fact]
    public async Task A_customer_without_a_message_that_fits_has_an_empty_timeline_and_an_unknown_one_has_none()
    {
        var user = new string('ß', 254) + "!";
        await Store(Some.Message(Some.Id()) with { UserId = user });

        Assert.Empty((await Send(new GetUserMessages(user, "fax")))!.Items);
        Assert.Null(await Send(new GetUserMessages(Some.Id())));
    }

    public static TheoryData<GetUserMessages, string> Wrong() =>
        new()
        {
            { new GetUserMessages(""), "UserId" },
            { new GetUserMessages(new string('x', 256)), "UserId" },
            { new GetUserMessages("half \ud83d"), "UserId" },
            { new GetUserMessages("u", "Fax"), "Channel" },
            { new GetUserMessages("u", Limit: 0), "Limit" },
            { new GetUserMessages("u", Limit: 201), "Limit" },
            { new GetUserMessages("u", After: new TimelineKey(Noon, Guid.Empty, "\0")), "cursor" },
        };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public async Task Bad_input_is_refused_by_name(GetUserMessages request, string field)
    {
        var refused = await Assert.ThrowsAsync<FluentValidation.ValidationException>(() => Send(request));

        Assert.Equal(field, Assert.Single(refused.Errors).PropertyName);
    }
}
