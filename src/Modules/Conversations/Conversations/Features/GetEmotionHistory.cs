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
            : rows.FindAll(row => row.Score is not null)
                .ConvertAll(row => new ScoredMessage(row.Id!.Value, row.SentAt!.Value, row.Score!.Value, row.Label));
    }

    // The conversation's key comes along, so that an unknown one is told from one without scores in the same crossing.
    public static IQueryable<ScoredRow> Query(ConversationsDbContext context, GetEmotionHistory request)
    {
        var newest = context
            .Messages.ToLinqToDB()
            .Where(m => m.ConversationId == request.ConversationId && m.Score != null)
            .OrderByDescending(m => m.SentAt)
            .ThenByDescending(m => m.Id)
            .Take(request.Limit);
        return context
            .Conversations.ToLinqToDB()
            .Where(c => c.Id == request.ConversationId)
            .SelectMany(c => newest.DefaultIfEmpty(), Covered);
    }

    private static readonly Expression<Func<ConversationRow, MessageRow?, ScoredRow>> Covered = (c, m) =>
        new ScoredRow
        {
            Id = (Guid?)m!.Id,
            SentAt = (DateTimeOffset?)m.SentAt,
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
