using System.Text.Json;
using Conversations.Contracts;
using MediatR;
using Testing;

namespace Conversations.Tests.Data;

// What every operation costs on a slow link. Counted on the wire: no clock.
public sealed class CrossingsTests(CountedHostFixture host) : IClassFixture<CountedHostFixture>
{
    private static readonly Dictionary<string, Func<string, string, object>> Operations = new()
    {
        ["store one"] = (id, user) => new StoreMessages([Some.Message(id, 0.5) with { UserId = user }]),
        ["store a thousand"] = (id, user) =>
            new StoreMessages([
                .. Enumerable.Range(0, 1000).Select(i => Some.Message($"{id}{i % 50}", 0.5) with { UserId = user }),
            ]),
        ["score late"] = (id, _) => new SetMessageEmotion(id, Known, 0.5),
        ["escalate"] = (id, _) => new EscalateConversation(id),
        ["resolve"] = (id, _) => new ResolveEscalation(id),
        ["close"] = (id, _) => new CloseConversation(id),
        ["reopen"] = (id, _) => new ReopenConversation(id),
        ["merge context"] = (id, _) => new MergeContext(id, JsonElement.Parse("""{"a":1}""")),
        ["erase"] = (_, _) => new EraseConversations(Some.Id()),
        ["export"] = (_, user) => new ExportConversations(user),
        ["mood drops"] = (_, _) => new ListMoodDrops(DateTimeOffset.UnixEpoch),
        ["silent customers"] = (_, _) => new ListSilentCustomers(DateTimeOffset.UnixEpoch, DateTimeOffset.UtcNow),
        ["explain"] = (_, _) => new ExplainQueries(),
        ["get"] = (id, _) => new GetConversation(id),
        ["history"] = (id, _) => new GetMessages(id),
        ["emotion history"] = (id, _) => new GetEmotionHistory(id),
        ["timeline"] = (_, user) => new GetUserMessages(user, "web"),
        ["context window"] = (id, _) => new GetContextWindow(id, KeepSystem: true),
        ["list"] = (_, user) => new ListConversations(user),
        ["statistics"] = (_, user) => new GetConversationStatistics(user),
        ["search"] = (_, _) => new SearchMessages("tasting"),
        ["retention"] = (_, _) => new DeleteExpiredMessages(),
        ["tombstone"] = (id, _) => new IsConversationErased(id),
        ["store what conflicts"] = (id, _) =>
            new StoreMessages([Some.Message(id) with { Id = Known, Content = "Something else" }]),
        ["store what is there"] = (id, user) =>
            new StoreMessages([Some.Message(id, 0.5) with { Id = Known, UserId = user }]),
        ["moods"] = (id, user) => new GetMoods([new(user, id), new(user, null)]),
    };

    // No retention is set here.
    private static readonly string[] Free = ["retention"];

    private static readonly Guid Known = Guid.CreateVersion7();

    public static TheoryData<string> Names() => [.. Operations.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_operation_crosses_once(string name)
    {
        var crossings = await host.Crossings.MeasureAsync(
            "conversations",
            async () =>
            {
                var (id, user) = (Some.Id(), Some.Id());
                await host.Modules.Send(
                    new StoreMessages([Some.Message(id, 0.5) with { Id = Known, UserId = user }]),
                    TestContext.Current.CancellationToken
                );
                var request = Operations[name](id, user);
                return () => host.Modules.Send(request, TestContext.Current.CancellationToken);
            }
        );

        Assert.Equal(Free.Contains(name) ? 0 : 1, crossings);
    }

    [Fact]
    public void Every_request_of_the_module_has_its_row() =>
        Assert.Empty(
            typeof(StoreMessages)
                .Assembly.GetExportedTypes()
                .Where(type => type.IsAssignableTo(typeof(IBaseRequest)))
                .Except(Operations.Values.Select(request => request(Some.Id(), Some.Id()).GetType()))
        );

    [Fact]
    public async Task Two_operations_are_counted_as_two()
    {
        var crossings = await host.Crossings.MeasureAsync(
            "conversations",
            async () =>
            {
                await host.Modules.Send(new GetConversation("a"), TestContext.Current.CancellationToken);
                await host.Modules.Send(new GetConversation("b"), TestContext.Current.CancellationToken);
            }
        );

        Assert.Equal(2, crossings);
    }
}
