using System.Linq.Expressions;
using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Scheduling;
using LinqToDB;
using LinqToDB.Async;
using MediatR;

namespace FollowUps.Features.Dispatch;

internal sealed class ListOutboxValidator : AbstractValidator<ListOutbox>
{
    public ListOutboxValidator()
    {
        RuleFor(request => request.UserId)
            .Custom(
                (id, context) => FollowUpRules.CheckText("userId", id, FollowUpRules.MaxIdLength, context.AddFailure)
            );
        RuleFor(request => request.Limit).InclusiveBetween(1, 200);
    }
}

internal sealed class ListOutboxHandler(TablesFactory factory) : IRequestHandler<ListOutbox, OutboxPage>
{
    public async Task<OutboxPage> Handle(ListOutbox request, CancellationToken cancellationToken)
    {
        await using var tables = factory.Open();
        IQueryable<OutboxRow> rows = tables.Outbox;
        if (request.UserId is { } user)
        {
            rows = rows.Where(o => o.UserId == user);
        }

        if (request.After is { } after)
        {
            rows = rows.Where(o => Sql.Row(o.SentAt, o.FollowUpId) < Sql.Row(after.SentAt, after.FollowUpId));
        }

        var items = await rows.OrderByDescending(o => o.SentAt)
            .ThenByDescending(o => o.FollowUpId)
            .Take(request.Limit + 1)
            .Select(Listed)
            .ToListAsync(cancellationToken);
        if (items.Count <= request.Limit)
        {
            return new OutboxPage(items, null);
        }

        items.RemoveAt(request.Limit);
        return new OutboxPage(items, new OutboxKey(items[^1].SentAt, items[^1].FollowUpId));
    }

    private static readonly Expression<Func<OutboxRow, OutboxItem>> Listed = o =>
        new(o.FollowUpId, o.UserId, "outbox", o.Address, o.Subject, o.Body, o.SentAt, o.Attempt);
}
