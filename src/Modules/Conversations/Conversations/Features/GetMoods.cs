using Conversations.Contracts;
using Conversations.Data;
using Conversations.Emotions;
using Conversations.Messages;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Conversations.Features;

internal sealed class GetMoodsValidator : AbstractValidator<GetMoods>
{
    public GetMoodsValidator()
    {
        RuleFor(request => request.Subjects).NotNull().Must(subjects => subjects is { Count: <= 10_000 });
        RuleForEach(request => request.Subjects)
            .ChildRules(subject => subject.RuleFor(s => s.UserId).Custom(MessageRules.IdRule));
    }
}

internal sealed class GetMoodsHandler([FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database)
    : IRequestHandler<GetMoods, IReadOnlyList<Mood>>
{
    public async Task<IReadOnlyList<Mood>> Handle(GetMoods request, CancellationToken cancellationToken)
    {
        var moods = new Mood[request.Subjects.Count];
        await using var command = Command(database, request);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var mean = Moods.Mean(row.GetFieldValue<double[]>(1));
            moods[row.GetInt32(0)] = new Mood(Moods.Band(mean), mean, row.GetBoolean(2), row.GetInt32(3));
        }

        return moods;
    }

    public static NpgsqlCommand Command(NpgsqlDataSource database, GetMoods request)
    {
        var command = database.CreateCommand(Sql);
        command.Parameters.Add(
            new NpgsqlParameter<string[]> { TypedValue = [.. request.Subjects.Select(s => s.UserId)] }
        );
        command.Parameters.Add(
            new NpgsqlParameter<string?[]> { TypedValue = [.. request.Subjects.Select(s => s.ConversationId)] }
        );
        return command;
    }

    // A subject's conversations: the one it names, else all of its customer's.
    public const string Sql = """
        SELECT s.ord::int - 1, coalesce(m.scores, array[]::float8[]), coalesce(m.escalated, false),
               (SELECT count(*)::int FROM conversations.conversations c WHERE c.user_id = s.user_id)
        FROM unnest($1, $2) WITH ORDINALITY AS s(user_id, conversation_id, ord)
        CROSS JOIN LATERAL (
            SELECT (array_agg(w.score ORDER BY w.at DESC, w.id DESC) FILTER (WHERE w.score IS NOT NULL))[1:5] AS scores,
                   bool_or(c.escalated_at IS NOT NULL) AS escalated
            FROM (
                SELECT * FROM conversations.conversations c WHERE c.id = s.conversation_id
                UNION ALL
                SELECT * FROM conversations.conversations c WHERE s.conversation_id IS NULL AND c.user_id = s.user_id
            ) c
            LEFT JOIN LATERAL unnest(c.window_at, c.window_ids, c.window_scores) AS w(at, id, score) ON true
        ) m
        """;
}
