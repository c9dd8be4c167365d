using System.Net;
using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace Conversations.Features;

internal sealed class SearchMessagesValidator : AbstractValidator<SearchMessages>
{
    public SearchMessagesValidator()
    {
        RuleFor(request => request.Query)
            .Custom(
                (query, context) =>
                {
                    if (string.IsNullOrWhiteSpace(query))
                    {
                        context.AddFailure("q", "It must name something to look for.");
                    }
                    else if (MessageRules.IsLonger(query, 500))
                    {
                        context.AddFailure("q", "It must be 500 characters or fewer.");
                    }
                    else if (MessageRules.Text(query) is { } wrong)
                    {
                        context.AddFailure("q", wrong);
                    }
                }
            );
        RuleFor(request => request.UserId).Custom(MessageRules.IdRule).When(request => request.UserId is not null);
        RuleFor(request => request.Limit).InclusiveBetween(1, 200);
        RuleFor(request => request.After!.ConversationId)
            .Custom(MessageRules.CursorRule)
            .When(request => request.After is not null);
    }
}

internal sealed class SearchMessagesHandler(
    [FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database
) : IRequestHandler<SearchMessages, MatchPage>
{
    public async Task<MatchPage> Handle(SearchMessages request, CancellationToken cancellationToken)
    {
        // No message can hold what this request alone knows, so the marks are found again however its text looks.
        var mark = $"{Guid.NewGuid():n}";
        await using var command = Command(database, request, mark);
        var items = new List<MessageMatch>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            items.Add(
                new MessageMatch(
                    MessageTable.Read(row, 3) with
                    {
                        UserId = row.TextOrNull(0),
                    },
                    row.GetFloat(1),
                    Marked(row.GetString(2), mark)
                )
            );
        }

        if (items.Count <= request.Limit)
        {
            return new MatchPage(items, null);
        }

        items.RemoveAt(request.Limit);
        var (last, rank, _) = items[^1];
        return new MatchPage(items, new MatchKey(rank, last.SentAt, last.Id, last.ConversationId));
    }

    public static NpgsqlCommand Command(NpgsqlDataSource database, SearchMessages request, string mark)
    {
        var command = database.CreateCommand(request.UserId is null ? AllSql : UserSql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = request.Query });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = request.Limit + 1 });
        command.Parameters.Add(
            new NpgsqlParameter<string> { TypedValue = $"StartSel={mark}s,StopSel={mark}e,MaxFragments=3,{Fragments}" }
        );
        command.Parameters.Add(Key(request.After?.Rank, NpgsqlDbType.Real));
        command.Parameters.Add(Key(request.After?.SentAt.UtcDateTime, NpgsqlDbType.TimestampTz));
        command.Parameters.Add(Key(request.After?.Id, NpgsqlDbType.Uuid));
        command.Parameters.Add(Key(request.After?.ConversationId, NpgsqlDbType.Text));
        if (request.UserId is { } user)
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = user });
        }

        return command;
    }

    private static string Marked(string headline, string mark) =>
        WebUtility
            .HtmlEncode(headline)
            .Replace($"{mark}s", "<mark>", StringComparison.Ordinal)
            .Replace($"{mark}e", "</mark>", StringComparison.Ordinal);

    private static NpgsqlParameter Key(object? value, NpgsqlDbType type) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private const string Fragments = "MinWords=5,MaxWords=20,ShortWord=0,FragmentDelimiter=\" … \"";

    // As in the index ix_messages_search. Cut, because a tsvector ends at 1 MiB.
    private const string Words = "to_tsvector('simple', left(m.content, 100000))";

    private const string Query = "websearch_to_tsquery('simple', $1)";

    private const string AllSql = $"{BeforeSql} {AfterSql}";

    private const string UserSql =
        $"{BeforeSql} JOIN conversations.conversations c ON c.id = m.conversation_id AND c.user_id = $8 {AfterSql}";

    // A word that every message holds must not make every message be ranked: the newest 1000 matches are. What asks for no word, but for
    // the lack of one, would match nearly everything and is not searched for.
    private const string BeforeSql = $"""
        SELECT c.user_id, f.rank, ts_headline('simple', left(m.content, 100000), {Query}, $3), {MessageTable.Columns}
        FROM (
            SELECT *
            FROM (
                SELECT m.conversation_id, m.id, m.sent_at, ts_rank({Words}, {Query}, 1) AS rank
                FROM (
                    SELECT m.conversation_id, m.id, m.sent_at, m.content
                    FROM conversations.messages m
        """;

    private const string AfterSql = $"""
                    WHERE {Words} @@ {Query} AND querytree({Query}) NOT IN ('', 'T')
                    ORDER BY {MessageTable.Hour} DESC, m.sent_at DESC
                    LIMIT 1000
                ) m
            ) ranked
            WHERE $4 IS NULL OR (rank, sent_at, id, conversation_id) < ($4, $5, $6, $7)
            ORDER BY rank DESC, sent_at DESC, id DESC, conversation_id DESC
            LIMIT $2
        ) f
        JOIN conversations.messages m ON m.conversation_id = f.conversation_id AND m.id = f.id
        JOIN conversations.conversations c ON c.id = f.conversation_id
        ORDER BY f.rank DESC, f.sent_at DESC, f.id DESC, f.conversation_id DESC
        """;
}
