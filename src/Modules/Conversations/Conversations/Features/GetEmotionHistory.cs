using System.Linq.Expressions;
using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using LinqToDB.EntityFrameworkCore;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Conversations.Features;

internal sealed class GetEmotionHistoryValidator : AbstractValidator<GetEmotionHistory>
{
    public GetEmotionHistoryValidator()
    {
        RuleFor(request => request.ConversationId).Custom(MessageRules.IdRule);
        RuleFor(request => request.Limit).InclusiveBetween(1, 200);
    }
}

internal sealed class GetEmotionHistoryHandler(IDbContextFactory<ConversationsDbContext> contexts)
    : IRequestHandler<GetEmotionHistory, IReadOnlyList<ScoredMessage>?>
{
    public async Task<IReadOnlyList<ScoredMessage>?> Handle(
        GetEmotionHistory request,
        CancellationToken cancellationToken
    )
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await Query(context, request).ToListAsyncLinqToDB(cancellationToken);
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
    public static IQueryable<ScoredRow> Query(ConversationsDbContext context, GetEmotionHistory request) =>
        context
            .Messages.ToLinqToDB()
            .Where(m => m.ConversationId == request.ConversationId && m.Score != null)
            .OrderByDescending(m => m.SentAt)
            .ThenByDescending(m => m.Id)
            .Take(request.Limit)
            .Select(Covered)
            .Concat(
                context
                    .Conversations.ToLinqToDB()
                    .Where(c => c.Id == request.ConversationId)
                    .Select(c => new ScoredRow
                    {
                        Id = null,
                        SentAt = null,
                        Score = null,
                        Label = null,
                    })
            );

    private static readonly Expression<Func<MessageRow, ScoredRow>> Covered = m => new ScoredRow
    {
        Id = m.Id,
        SentAt = m.SentAt,
        Score = m.Score,
        Label = m.Label,
    };
}

internal sealed class ScoredRow
{
    public Guid? Id { get; init; }
    public DateTimeOffset? SentAt { get; init; }
    public double? Score { get; init; }
    public string? Label { get; init; }
}
