using System.Text.Json;
using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace Conversations.Features;

internal sealed class SetMessageEmotionValidator : AbstractValidator<SetMessageEmotion>
{
    public SetMessageEmotionValidator()
    {
        RuleFor(request => request.ConversationId).Custom(MessageRules.IdRule);
        RuleFor(request => request.Score).NotNull();
        RuleFor(request => request)
            .Custom(
                (request, context) =>
                    MessageRules.CheckEmotion(
                        new Emotion(request.Score, request.Label, request.Detected),
                        context.AddFailure
                    )
            );
    }
}

internal sealed class SetMessageEmotionHandler(
    [FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database,
    IPublisher publisher,
    TimeProvider clock
) : IRequestHandler<SetMessageEmotion, SetMessageEmotionResult?>
{
    public async Task<SetMessageEmotionResult?> Handle(SetMessageEmotion request, CancellationToken cancellationToken)
    {
        var now = Instants.ToMicrosecond(clock.GetUtcNow());
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(ScoreSql)
            {
                Parameters =
                {
                    new() { Value = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                    new() { Value = Guid.CreateVersion7(now) },
                    new() { Value = request.ConversationId },
                    new() { Value = request.MessageId },
                    new() { Value = request.Score!.Value },
                    new() { Value = (object?)request.Label ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                    new()
                    {
                        Value = request.Detected is { } detected ? JsonSerializer.Serialize(detected) : DBNull.Value,
                        NpgsqlDbType = NpgsqlDbType.Jsonb,
                    },
                },
            }
        );
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(ReadSql)
            {
                Parameters =
                {
                    new() { Value = request.ConversationId },
                    new() { Value = request.MessageId },
                },
            }
        );

        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
        {
            return null;
        }

        var conversation = ConversationTable.Read(row);
        var dropped = row.GetBoolean(ConversationTable.ColumnCount);
        await row.NextResultAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var message = MessageTable.Read(row) with { UserId = conversation.UserId };

        if (dropped)
        {
            await publisher.Publish(
                new MoodDropped(conversation.Id, conversation.UserId, conversation.AverageEmotionScore!.Value, now),
                cancellationToken
            );
        }

        return new SetMessageEmotionResult(message, conversation);
    }

    // The conversation is locked first, as by an erasure, which takes its messages after it.
    private const string ScoreSql = $"""
        WITH locked AS MATERIALIZED (
            SELECT id FROM conversations.conversations WHERE id = $3 FOR NO KEY UPDATE
        ),
        arrivals AS (
            UPDATE conversations.messages m
            SET score = $5, label = $6, detected = $7, rescored = true
            FROM locked
            WHERE m.conversation_id = locked.id AND m.id = $4
            RETURNING m.conversation_id, m.id, m.user_id, m.role, m.channel, m.sent_at, m.score, 0 AS added
        )
        {ConversationTable.Merge}
        """;

    private const string ReadSql =
        $"SELECT {MessageTable.Columns} FROM conversations.messages m WHERE m.conversation_id = $1 AND m.id = $2";
}
