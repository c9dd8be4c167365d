using System.Linq.Expressions;
using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Scheduling;
using FollowUps.Wording;
using LinqToDB;
using LinqToDB.Async;
using MediatR;

namespace FollowUps.Features.Scheduling;

internal sealed class ListFollowUpsValidator : AbstractValidator<ListFollowUps>
{
    public ListFollowUpsValidator()
    {
        RuleFor(request => request.UserId)
            .Custom(
                (id, context) => FollowUpRules.CheckText("userId", id, FollowUpRules.MaxIdLength, context.AddFailure)
            );
        RuleFor(request => request.Limit).InclusiveBetween(1, 200);
    }
}

internal sealed class ListFollowUpsHandler(TablesFactory factory, ChosenTemplates chosen)
    : IRequestHandler<ListFollowUps, FollowUpPage>
{
    public async Task<FollowUpPage> Handle(ListFollowUps request, CancellationToken cancellationToken)
    {
        await using var tables = factory.Open();
        var items = await Query(tables, request).ToListAsync(cancellationToken);
        items = items.ConvertAll(chosen.Newest);
        if (items.Count <= request.Limit)
        {
            return new FollowUpPage(items, null);
        }

        items.RemoveAt(request.Limit);
        return new FollowUpPage(items, new FollowUpKey(items[^1].ScheduledAt, items[^1].Id));
    }

    public static IQueryable<ListedFollowUp> Query(Tables tables, ListFollowUps request)
    {
        IQueryable<FollowUpRow> rows = tables.FollowUps;
        if (request.UserId is { } user)
        {
            rows = rows.Where(f => f.UserId == user);
        }

        if (request.Status is { } status)
        {
            rows = rows.Where(f => f.Status == status);
        }

        if (request.Trigger is { } trigger)
        {
            rows = rows.Where(f => f.Trigger == trigger);
        }

        if (request.From?.ToUniversalTime() is { } from)
        {
            rows = rows.Where(f => f.ScheduledAt >= from);
        }

        if (request.To?.ToUniversalTime() is { } to)
        {
            rows = rows.Where(f => f.ScheduledAt < to);
        }

        if (request.After is { } after)
        {
            rows = rows.Where(f => Sql.Row(f.ScheduledAt, f.Id) > Sql.Row(after.ScheduledAt, after.Id));
        }

        return rows.OrderBy(f => f.ScheduledAt).ThenBy(f => f.Id).Take(request.Limit + 1).Select(Listed);
    }

    private static readonly Expression<Func<FollowUpRow, ListedFollowUp>> Listed = f =>
        new(
            f.Id,
            f.UserId,
            f.ConversationId,
            f.BookingId,
            f.Trigger,
            f.Status,
            f.ScheduledAt,
            f.ExecutedAt,
            f.CancelledAt,
            f.TemplateId,
            f.HeldReason,
            Sql.Left(f.MessageContent ?? f.Message, 100)
        );
}
