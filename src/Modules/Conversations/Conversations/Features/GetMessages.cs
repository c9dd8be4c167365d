using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using LinqToDB;
using LinqToDB.Async;
using MediatR;

namespace Conversations.Features;

internal sealed class GetMessagesValidator : AbstractValidator<GetMessages>
{
    public GetMessagesValidator()
    {
        RuleFor(request => request.ConversationId).Custom(MessageRules.IdRule);
        RuleFor(request => request.Limit).InclusiveBetween(1, 200);
    }
}

internal sealed class GetMessagesHandler(TablesFactory factory) : IRequestHandler<GetMessages, MessagePage?>
{
    public async Task<MessagePage?> Handle(GetMessages request, CancellationToken cancellationToken)
    {
        await using var tables = factory.Open();
        var rows = await Query(tables, request).ToListAsync(cancellationToken);
        if (rows.Count == 0)
        {
            return null;
        }

        var items = rows.Where(row => row.Message is not null)
            .Take(request.Limit)
            .Select(row => MessageTable.Answer(row.Message!, row.UserId))
            .ToList();
        return new MessagePage(items, rows.Count > request.Limit ? new(items[^1].SentAt, items[^1].Id) : null);
    }

    public static IQueryable<MessageOnPage> Query(Tables tables, GetMessages request)
    {
        var messages = tables.Messages.Where(m => m.ConversationId == request.ConversationId);
        if (request.After is { } after)
        {
            messages = request.Newest
                ? messages.Where(m => Sql.Row(m.SentAt, m.Id) < Sql.Row(after.SentAt, after.Id))
                : messages.Where(m => Sql.Row(m.SentAt, m.Id) > Sql.Row(after.SentAt, after.Id));
        }

        messages = request.Newest
            ? messages.OrderByDescending(m => m.SentAt).ThenByDescending(m => m.Id)
            : messages.OrderBy(m => m.SentAt).ThenBy(m => m.Id);

        // As an expression: within the join a number would make each limit a query of its own, to be translated anew.
        var count = request.Limit + 1;
        messages = messages.Take(() => count);

        // The conversation comes along, so that an unknown one is told from an empty page in the same crossing.
        return tables
            .Conversations.Where(c => c.Id == request.ConversationId)
            .SelectMany(c => messages.DefaultIfEmpty(), (c, m) => new MessageOnPage { UserId = c.UserId, Message = m });
    }
}

internal sealed class MessageOnPage
{
    public string? UserId { get; init; }
    public MessageRow? Message { get; init; }
}
