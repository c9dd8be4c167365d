using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Conversations.Features;

internal sealed class StoreMessagesValidator : AbstractValidator<StoreMessages>
{
    public StoreMessagesValidator(IOptions<ConversationsOptions> options)
    {
        // One rule over the whole list: a child validator per message costs more than storing the message.
        RuleFor(request => request.Messages)
            .Custom((messages, context) => MessageRules.Check(messages, options.Value, context.AddFailure));
        RuleFor(request => request.MaxLockWait).InclusiveBetween(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
    }
}

internal sealed class StoreMessagesHandler(
    [FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database,
    TombstoneKeys tombstones,
    IPublisher publisher,
    TimeProvider clock
) : IRequestHandler<StoreMessages, StoreMessagesResult>
{
    public async Task<StoreMessagesResult> Handle(StoreMessages request, CancellationToken cancellationToken)
    {
        var now = Instants.ToMicrosecond(clock.GetUtcNow());
        var batch = Arrivals.Of(request.Messages, now);
        if (batch.Conflict is { } conflict)
        {
            return Refused(StoreRefusalReason.ConflictingContent, conflict);
        }

        var write = Guid.CreateVersion7(now);
        var conversations = new Dictionary<string, Conversation>(StringComparer.Ordinal);
        var drops = new List<MoodDropped>();
        var known = new Dictionary<int, Message>();

        await using var commands = database.CreateBatch();
        if (request.MaxLockWait is { } wait)
        {
            commands.BatchCommands.Add(LockWait.AtMost(wait));
        }

        foreach (var command in Commands(batch, now, write, tombstones))
        {
            commands.BatchCommands.Add(command);
        }

        try
        {
            await using var row = await commands.ExecuteReaderAsync(cancellationToken);
            if (request.MaxLockWait is not null)
            {
                await row.NextResultAsync(cancellationToken);
            }

            while (await row.ReadAsync(cancellationToken))
            {
                var conversation = ConversationTable.Read(row);
                conversations.Add(conversation.Id, conversation);
                if (row.GetBoolean(ConversationTable.ColumnCount))
                {
                    drops.Add(new(conversation.Id, conversation.UserId, conversation.AverageEmotionScore!.Value, now));
                }
            }

            await row.NextResultAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                var conversation = ConversationTable.Read(row, 2 + MessageTable.ColumnCount);
                conversations.TryAdd(conversation.Id, conversation);
                known.Add(row.GetInt32(1), MessageTable.Read(row, 2));
            }
        }
        catch (PostgresException refusal) when (refusal.SqlState == RefusedState)
        {
            var words = refusal.MessageText.Split(' ');
            return Refused(
                Enum.Parse<StoreRefusalReason>(words[0]),
                batch.IndexOf(int.Parse(words[1], CultureInfo.InvariantCulture))
            );
        }

        foreach (var drop in drops)
        {
            await publisher.Publish(drop, cancellationToken);
        }

        var messages = new Message[request.Messages.Count];
        var isNew = new bool[messages.Length];
        var met = new HashSet<int>();
        for (var i = 0; i < messages.Length; i++)
        {
            var at = batch.Slots[i];
            var message = known.GetValueOrDefault(at) ?? batch.Distinct[at];
            isNew[i] = met.Add(at) && !known.ContainsKey(at);
            messages[i] = message with { UserId = conversations[message.ConversationId].UserId };
        }

        var stored = batch.Distinct.Count - known.Count;
        return new StoreMessagesResult(
            null,
            stored,
            messages.Length - stored,
            messages,
            isNew,
            [.. conversations.Values]
        );
    }

    private static StoreMessagesResult Refused(StoreRefusalReason reason, int index) =>
        new(new StoreRefusal(reason, index), 0, 0, [], [], []);

    public static NpgsqlBatchCommand[] Commands(
        Arrivals batch,
        DateTimeOffset now,
        Guid write,
        TombstoneKeys tombstones
    )
    {
        var (conversationKeys, userKeys) = Keys(batch.Distinct, tombstones);
        return [Insert(batch, now, write, userKeys), Verify(batch, conversationKeys, userKeys)];
    }

    // Each customer's and each conversation's key stands once, beside the first message that names it.
    private static (byte[]?[] Conversations, byte[]?[] Users) Keys(
        IReadOnlyList<Message> messages,
        TombstoneKeys tombstones
    )
    {
        var conversations = new byte[]?[messages.Count];
        var users = new byte[]?[messages.Count];
        var met = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < messages.Count; i++)
        {
            // In key order, a conversation's messages are neighbours.
            if (i == 0 || messages[i].ConversationId != messages[i - 1].ConversationId)
            {
                conversations[i] = tombstones.OfConversation(messages[i].ConversationId);
            }

            if (messages[i].UserId is { } user && met.Add(user))
            {
                users[i] = tombstones.OfUser(user);
            }
        }

        return (conversations, users);
    }

    private static NpgsqlBatchCommand Insert(Arrivals batch, DateTimeOffset now, Guid write, byte[]?[] userKeys)
    {
        var messages = batch.Distinct;
        return new NpgsqlBatchCommand(InsertSql)
        {
            Parameters =
            {
                new() { Value = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = write, NpgsqlDbType = NpgsqlDbType.Uuid },
                Column(messages, m => m.ConversationId, NpgsqlDbType.Text),
                Column(messages, m => m.Id, NpgsqlDbType.Uuid),
                Column(messages, m => m.UserId, NpgsqlDbType.Text),
                Column(messages, m => (short)m.Role, NpgsqlDbType.Smallint),
                Column(messages, m => m.Content, NpgsqlDbType.Text),
                Column(messages, m => m.Channel, NpgsqlDbType.Text),
                Column(messages, m => m.SentAt, NpgsqlDbType.TimestampTz),
                Column(messages, m => m.Emotion?.Score, NpgsqlDbType.Double),
                Column(messages, m => m.Emotion?.Label, NpgsqlDbType.Text),
                Column(messages, m => Detected(m), NpgsqlDbType.Jsonb),
                Column(messages, m => m.Metadata?.GetRawText(), NpgsqlDbType.Jsonb),
                Column(messages, m => m.Usage?.InputTokens, NpgsqlDbType.Integer),
                Column(messages, m => m.Usage?.OutputTokens, NpgsqlDbType.Integer),
                Column(messages, m => m.TokenCount, NpgsqlDbType.Integer),
                Column(messages, m => m.ToolCalls?.GetRawText(), NpgsqlDbType.Jsonb),
                Column(messages, m => m.ToolResults?.GetRawText(), NpgsqlDbType.Jsonb),
                new NpgsqlParameter<int[]>
                {
                    TypedValue = [.. userKeys.OfType<byte[]>().Select(ErasedTable.Stripe).Distinct()],
                },
            },
        };
    }

    private static NpgsqlBatchCommand Verify(Arrivals batch, byte[]?[] conversationKeys, byte[]?[] userKeys)
    {
        var messages = batch.Distinct;
        return new NpgsqlBatchCommand(VerifySql)
        {
            Parameters =
            {
                Column(messages, m => m.ConversationId, NpgsqlDbType.Text),
                Column(messages, m => m.Id, NpgsqlDbType.Uuid),
                Column(messages, m => m.UserId, NpgsqlDbType.Text),
                Column(messages, m => (short)m.Role, NpgsqlDbType.Smallint),
                Column(messages, m => SHA256.HashData(Encoding.UTF8.GetBytes(m.Content)), NpgsqlDbType.Bytea),
                Column(messages, m => m.Channel, NpgsqlDbType.Text),
                Column(batch.GivenSentAt, at => at, NpgsqlDbType.TimestampTz),
                Column(messages, m => m.Emotion?.Score, NpgsqlDbType.Double),
                Column(messages, m => m.Emotion?.Label, NpgsqlDbType.Text),
                Column(messages, m => Detected(m), NpgsqlDbType.Jsonb),
                Column(conversationKeys, key => key, NpgsqlDbType.Bytea),
                Column(userKeys, key => key, NpgsqlDbType.Bytea),
            },
        };
    }

    // Nothing but nulls need not travel: unnest() fills up with them what is shorter than the longest.
    private static NpgsqlParameter<T[]> Column<TRow, T>(
        IReadOnlyList<TRow> rows,
        Func<TRow, T> value,
        NpgsqlDbType type
    )
    {
        var column = new T[rows.Count];
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = value(rows[i]);
        }

        return new NpgsqlParameter<T[]>
        {
            TypedValue = Array.TrueForAll(column, value => value is null) ? null : column,
            NpgsqlDbType = NpgsqlDbType.Array | type,
        };
    }

    private static string? Detected(Message message) =>
        message.Emotion?.Detected is { } detected ? JsonSerializer.Serialize(detected) : null;

    private const string RefusedState = "CV001";

    public const string InsertSql = $"""
        WITH arrivals AS (
            INSERT INTO conversations.messages AS m
                (conversation_id, id, user_id, role, content, channel, sent_at, score, label, detected, metadata,
                 input_tokens, output_tokens, token_count, tool_calls, tool_results)
            SELECT * FROM unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
            WHERE ({ErasedTable.LockForWriting}) >= 0
            ON CONFLICT (conversation_id, id) DO NOTHING
            RETURNING m.conversation_id, m.id, m.user_id, m.role, m.channel, m.sent_at, m.score, 1 AS added
        )
        {ConversationTable.Merge}
        """;

    // A statement of its own, so that its snapshot shows what rivals committed while the first one waited for them. Refusing
    // undoes the whole batch. Answers with the messages that were there before.
    public const string VerifySql = $"""
        SELECT CASE WHEN i.refusal IS NOT NULL THEN conversations.refuse(i.refusal, i.slot) END, i.slot, {MessageTable.Columns}, {ConversationTable.Columns}
        FROM (
            SELECT i.ord::int - 1 AS slot, i.conversation_id, i.id, m.id IS NOT NULL AS known,
                   CASE
                       WHEN EXISTS (SELECT FROM conversations.erased e WHERE e.key = i.conversation_key)
                         OR EXISTS (SELECT FROM conversations.erased e WHERE e.key = i.user_key) THEN 'Erased'
                       WHEN i.user_id <> c.user_id THEN 'OtherOwner'
                       WHEN m.id IS NOT NULL AND (
                            m.role <> i.role OR m.channel <> i.channel OR m.sent_at <> i.sent_at
                            OR m.user_id IS DISTINCT FROM i.user_id
                            OR sha256(convert_to(m.content, 'UTF8')) <> i.content_hash
                            OR NOT m.rescored AND (m.score, m.label, m.detected) IS DISTINCT FROM (i.score, i.label, i.detected)
                       ) THEN 'ConflictingContent'
                   END AS refusal
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) WITH ORDINALITY
                 AS i(conversation_id, id, user_id, role, content_hash, channel, sent_at, score, label, detected, conversation_key, user_key, ord)
            JOIN LATERAL (SELECT c.user_id FROM conversations.conversations c WHERE c.id = i.conversation_id LIMIT 1) c ON true
            LEFT JOIN LATERAL (
                SELECT m.* FROM conversations.messages m
                WHERE m.conversation_id = i.conversation_id AND m.id = i.id AND m.xmin <> pg_current_xact_id()::xid
                LIMIT 1
            ) m ON true
            ORDER BY i.ord
        ) i
        JOIN conversations.messages m ON m.conversation_id = i.conversation_id AND m.id = i.id
        JOIN conversations.conversations c ON c.id = i.conversation_id
        WHERE i.known OR i.refusal IS NOT NULL
        ORDER BY i.slot
        """;
}
