using Conversations.Contracts;
using FluentValidation;
using Testing;

namespace Conversations.Tests.Features;

public sealed class IsConversationErasedTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Task<bool> Ask(string id) => host.Modules.Send(new IsConversationErased(id), Token);

    [Fact]
    public async Task Only_what_was_erased_is()
    {
        var (gone, kept, user) = (Some.Id(), Some.Id(), Some.Id());
        await host.Modules.Send(
            new StoreMessages([Some.Message(gone) with { UserId = user }, Some.Message(kept)]),
            Token
        );
        Assert.False(await Ask(gone));

        await host.Modules.Send(new EraseConversations(user), Token);

        Assert.Equal(
            (true, false, false, false),
            (await Ask(gone), await Ask(kept), await Ask(user), await Ask(Some.Id()))
        );
    }

    [Fact]
    public async Task No_id_is_refused() => await Assert.ThrowsAsync<ValidationException>(() => Ask(""));
}
