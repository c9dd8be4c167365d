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
    : IRequestHandler<GetEmotionHistory, IReadOnlyList<ScoredMessage>>
{
    public async Task<IReadOnlyList<ScoredMessage>> Handle(
        GetEmotionHistory request,
        CancellationToken cancellationToken
    )
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Query(context, request).ToListAsyncLinqToDB(cancellationToken);
    }

    public static IQueryable<ScoredMessage> Query(ConversationsDbContext context, GetEmotionHistory request) =>
        context
            .Messages.ToLinqToDB()
            .Where(m => m.ConversationId == request.ConversationId && m.Score != null)
            .OrderByDescending(m => m.SentAt)
            .ThenByDescending(m => m.Id)
            .Take(request.Limit)
            .Select(Covered);

    private static readonly Expression<Func<MessageRow, ScoredMessage>> Covered = m =>
        new(m.Id, m.SentAt, m.Score!.Value, m.Label);
}
