using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Conversations.Features;

internal sealed class ExplainQueriesHandler(
    [FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database,
    IDbContextFactory<ConversationsDbContext> contexts,
    TablesFactory factory,
    TombstoneKeys tombstones,
    IOptions<ConversationsOptions> options,
    TimeProvider clock
) : IRequestHandler<ExplainQueries, ExplainedQueries>
{
    private const string Nobody = "nobody";

    public async Task<ExplainedQueries> Handle(ExplainQueries request, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var tables = factory.Open();
        return await database.ExplainAsync(context, () => Queries(tables), cancellationToken);
    }

    private HotQuery[] Queries(Tables tables)
    {
        var now = clock.GetUtcNow();
        var message = new NewMessage
        {
            ConversationId = Nobody,
            UserId = Nobody,
            Role = MessageRole.User,
            Content = Nobody,
        };
        var store = StoreMessagesHandler.Commands(
            Arrivals.Of([message], now),
            now,
            Guid.CreateVersion7(now),
            tombstones
        );
        return
        [
            new("store_messages.insert", ["pk_messages", "pk_conversations"], store[0]),
            new("store_messages.verify", ["pk_messages", "pk_conversations", "pk_erased"], store[1]),
            HotQuery.Of(
                "emotion_history",
                ["ix_messages_emotion_history"],
                GetEmotionHistoryHandler.Query(tables, new(Nobody)),
                indexOnly: true
            ),
            new("conversation", ["pk_conversations"], GetConversationHandler.Command(database, new(Nobody))),
            HotQuery.Of(
                "messages",
                ["ix_messages_history", "pk_conversations"],
                GetMessagesHandler.Query(tables, new(Nobody))
            ),
            new(
                "context_window",
                ["ix_messages_history"],
                GetContextWindowHandler.Command(database, new(Nobody), options.Value)
            ),
            new(
                "moods",
                ["pk_conversations", "ix_conversations_user"],
                GetMoodsHandler.Command(database, new([new(Nobody, Nobody)]))
            ),
            HotQuery.Of(
                "conversations_of_user",
                ["ix_conversations_user"],
                ListConversationsHandler.Query(tables, new(UserId: Nobody))
            ),
            HotQuery.Of(
                "conversations",
                ["ix_conversations_list"],
                ListConversationsHandler.Query(tables, new(Limit: 20))
            ),
            HotQuery.Of(
                "timeline",
                ["ix_conversations_user", "ix_messages_history", "pk_messages"],
                GetUserMessagesHandler.Query(tables, new(Nobody))
            ),
            new(
                "search",
                ["ix_messages_search", "pk_conversations"],
                SearchMessagesHandler.Command(database, new($"{Guid.Empty:n}"), "mark")
            ),
            new(
                "mood_drops",
                ["ix_conversations_mood_drops"],
                ListMoodDropsHandler.Command(database, new(now.AddHours(-1)))
            ),
            new(
                "silent_customers",
                ["ix_conversations_silent_customers", "ix_conversations_user"],
                ListSilentCustomersHandler.Command(database, new(now.AddDays(-31), now.AddDays(-30)))
            ),
        ];
    }
}
