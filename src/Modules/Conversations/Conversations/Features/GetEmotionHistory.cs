using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using LinqToDB;
using LinqToDB.Async;
using MediatR;

namespace Conversations.Features;

internal sealed class GetEmotionHistoryValidator : AbstractValidator<GetEmotionHistory>
{
    public GetEmotionHistoryValidator()
    {
        RuleFor(request => request.ConversationId).Custom(MessageRules.IdRule);
        RuleFor(request => request.Limit).InclusiveBetween(1, 200);
    }
}

internal sealed class GetEmotionHistoryHandler(TablesFactory factory)
    : IRequestHandler<GetEmotionHistory, IReadOnlyList<ScoredMessage>?>
{
    public async Task<IReadOnlyList<ScoredMessage>?> Handle(
        GetEmotionHistory request,
        CancellationToken cancellationToken
    )
    {
        await using var tables = factory.Open();
        var rows = await Query(tables, request).ToListAsync(cancellationToken);
        return rows.Count == 0
            ? null
            :
            [
                .. rows.Where(row => row.Score is not null)
                    .OrderByDescending(row => row.SentAt)
                    .ThenByDescending(row => row.Id)
                    .Select(row => new ScoredMessage(row.Id!.Value, row.SentAt!.Value, row.Score!.Value, row.Label)),
            ];
    }

    // A row without a score comes along for the conversation itself, so that an unknown one is told from one without scores in the same
    // crossing. Joined to it, the history would be planned otherwise.
    public static IQueryable<ScoredRow> Query(Tables tables, GetEmotionHistory request) =>
        Newest(tables, request.ConversationId, request.Limit);

    private static readonly Func<Tables, string, int, IQueryable<ScoredRow>> Newest = CompiledQuery.Compile(
        (Tables tables, string conversation, int count) =>
            tables
                .Messages.Where(m => m.ConversationId == conversation && m.Score != null)
                .OrderByDescending(m => m.SentAt)
                .ThenByDescending(m => m.Id)
                .Take(count)
                .Select(m => new ScoredRow
                {
                    Id = m.Id,
                    SentAt = m.SentAt,
                    Score = m.Score,
                    Label = m.Label,
                })
                .Concat(
                    tables
                        .Conversations.Where(c => c.Id == conversation)
                        .Select(c => new ScoredRow
                        {
                            Id = null,
                            SentAt = null,
                            Score = null,
                            Label = null,
                        })
                )
    );
}

internal sealed class ScoredRow
{
    public Guid? Id { get; init; }
    public DateTimeOffset? SentAt { get; init; }
    public double? Score { get; init; }
    public string? Label { get; init; }
}
