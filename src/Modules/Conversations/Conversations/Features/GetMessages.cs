using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using LinqToDB;
using LinqToDB.EntityFrameworkCore;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Conversations.Features;

internal sealed class GetMessagesValidator : AbstractValidator<GetMessages>
{
    public GetMessagesValidator()
    {
        RuleFor(request => request.ConversationId).Custom(MessageRules.IdRule);
        RuleFor(request => request.Limit).InclusiveBetween(1, 200);
    }
}

internal sealed class GetMessagesHandler(IDbContextFactory<ConversationsDbContext> contexts)
    : IRequestHandler<GetMessages, MessagePage?>
{
    public async Task<MessagePage?> Handle(GetMessages request, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await Query(context, request).ToListAsyncLinqToDB(cancellationToken);
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

    public static IQueryable<MessageOnPage> Query(ConversationsDbContext context, GetMessages request)
    {
        var messages = context.Messages.ToLinqToDB().Where(m => m.ConversationId == request.ConversationId);
        if (request.After is { } after)
        {
            messages = request.Newest
                ? messages.Where(m => Sql.Row(m.SentAt, m.Id) < Sql.Row(after.SentAt, after.Id))
                : messages.Where(m => Sql.Row(m.SentAt, m.Id) > Sql.Row(after.SentAt, after.Id));
        }

        messages = request.Newest
            ? messages.OrderByDescending(m => m.SentAt).ThenByDescending(m => m.Id)
            : messages.OrderBy(m => m.SentAt).ThenBy(m => m.Id);

        // The conversation comes along, so that an unknown one is told from an empty page in the same crossing.
        return context
            .Conversations.ToLinqToDB()
            .Where(c => c.Id == request.ConversationId)
            .SelectMany(
                c => messages.Take(request.Limit + 1).DefaultIfEmpty(),
                (c, m) => new MessageOnPage { UserId = c.UserId, Message = m }
            );
    }
}

internal sealed class MessageOnPage
{
    public string? UserId { get; init; }
    public MessageRow? Message { get; init; }
}
