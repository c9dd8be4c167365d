using Conversations.Contracts;
using FluentValidation;
using Npgsql;
using Testing;

namespace Conversations.Tests.Features;

public sealed class EraseConversationsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Task<StoreMessagesResult> Store(params NewMessage[] messages) =>
        host.Modules.Send(new StoreMessages(messages), Token);

    [Fact]
    public async Task Everything_goes_once_and_is_counted_and_others_keep_theirs()
    {
        var (user, kept) = (Some.Id(), Some.Id());
        var (one, two) = (Some.Id(), Some.Id());
        await Store(
            Some.Message(one) with
            {
                UserId = user,
            },
            Some.Message(one),
            Some.Message(two) with
            {
                UserId = user,
            },
            Some.Message(kept)
        );

        var first = await host.Modules.Send(new EraseConversations(user), Token);
        var again = await host.Modules.Send(new EraseConversations(user), Token);

        Assert.Equal(new ErasedConversations(2, 3), first);
        Assert.Equal(new ErasedConversations(0, 0), again);
        Assert.Null(await host.Modules.Send(new GetConversation(one), Token));
        Assert.NotNull(await host.Modules.Send(new GetConversation(kept), Token));
        Assert.Empty((await host.Modules.Send(new ExportConversations(user), Token)).Items);
    }

    [Fact]
    public async Task Nothing_of_theirs_comes_back_not_even_without_their_name()
    {
        var user = Some.Id();
        var named = Some.Message(Some.Id()) with { UserId = user };
        var anonymous = Some.Message(named.ConversationId);
        await Store(named, anonymous);
        await host.Modules.Send(new EraseConversations(user), Token);

        Assert.All(
            [
                await Store(named),
                await Store(anonymous),
                await Store(Some.Message(Some.Id()) with { UserId = user }),
                await Store(Some.Message(named.ConversationId) with { UserId = Some.Id() }),
            ],
            result => Assert.Equal(new StoreRefusal(StoreRefusalReason.Erased, 0), result.Refusal)
        );
        Assert.Null(await host.Modules.Send(new GetConversation(named.ConversationId), Token));
    }

    [Fact]
    public async Task What_stays_does_not_tell_who_it_was()
    {
        var (user, conversation) = (Some.Id(), Some.Id());
        await Store(Some.Message(conversation) with { UserId = user });
        await host.Modules.Send(new EraseConversations(user), Token);

        await using var database = NpgsqlDataSource.Create(host.ConnectionString);
        await using var command = database.CreateCommand(
            """
            SELECT count(*) FROM conversations.erased e
            WHERE position(convert_to($1, 'UTF8') in e.key) > 0 OR position(convert_to($2, 'UTF8') in e.key) > 0
               OR e.key IN (sha256(convert_to($1, 'UTF8')), sha256(convert_to('user:' || $1, 'UTF8')))
            """
        );
        command.Parameters.AddWithValue(user);
        command.Parameters.AddWithValue(conversation);
        Assert.Equal(0L, await command.ExecuteScalarAsync(Token));
    }

    // A first conversation, an owned one, one entered without a name and a late score, each written while its customer is erased.
    [Fact]
    public async Task Writers_beside_an_erasure_leave_nothing_behind()
    {
        for (var round = 0; round < 150; round++)
        {
            var user = Some.Id();
            var owned = Some.Message(Some.Id()) with { UserId = user };
            var first = Some.Message(Some.Id()) with { UserId = user };
            await Store(owned);

            var erasing = host.Modules.Send(new EraseConversations(user), Token);
            var writing = new List<Task>
            {
                Store(first),
                Store(Some.Message(owned.ConversationId)),
                Store(Some.Message(owned.ConversationId), Some.Message(Some.Id()) with { UserId = user }),
                host.Modules.Send(new SetMessageEmotion(owned.ConversationId, owned.Id!.Value, 0.1), Token),
            };
            await Task.WhenAll([.. writing, erasing]);

            Assert.Empty((await host.Modules.Send(new ExportConversations(user), Token)).Items);
            Assert.Null(await host.Modules.Send(new GetConversation(owned.ConversationId), Token));
            Assert.Null(await host.Modules.Send(new GetConversation(first.ConversationId), Token));
        }

        await using var database = NpgsqlDataSource.Create(host.ConnectionString);
        await using var orphans = database.CreateCommand(
            """
            SELECT count(*) FROM conversations.messages m
            WHERE NOT EXISTS (SELECT FROM conversations.conversations c WHERE c.id = m.conversation_id)
            """
        );
        Assert.Equal(0L, await orphans.ExecuteScalarAsync(Token));
    }

    [Fact]
    public async Task No_user_is_refused() =>
        await Assert.ThrowsAsync<ValidationException>(() => host.Modules.Send(new EraseConversations(""), Token));
}
