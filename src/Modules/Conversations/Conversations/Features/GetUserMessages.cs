using System.Linq.Expressions;
using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.DataProvider.PostgreSQL;
using MediatR;

namespace Conversations.Features;

internal sealed class GetUserMessagesValidator : AbstractValidator<GetUserMessages>
{
    public GetUserMessagesValidator()
    {
        RuleFor(request => request.UserId).Custom(MessageRules.IdRule);
        RuleFor(request => request.Channel).Custom(MessageRules.ChannelRule);
        RuleFor(request => request.Limit).InclusiveBetween(1, 200);
        RuleFor(request => request.After!.ConversationId)
            .Custom(MessageRules.CursorRule)
            .When(request => request.After is not null);
    }
}

internal sealed class GetUserMessagesHandler(TablesFactory factory) : IRequestHandler<GetUserMessages, TimelinePage?>
{
    public async Task<TimelinePage?> Handle(GetUserMessages request, CancellationToken cancellationToken)
    {
        await using var tables = factory.Open();
        var rows = await Query(tables, request).ToListAsync(cancellationToken);
        if (rows.Count == 0)
        {
            return null;
        }

        var items = rows.Where(row => row.Message is not null)
            .Take(request.Limit)
            .Select(row => MessageTable.Answer(row.Message!, request.UserId))
            .ToList();
        return new TimelinePage(
            items,
            rows.Count > request.Limit ? new(items[^1].SentAt, items[^1].Id, items[^1].ConversationId) : null
        );
    }

    // One conversation comes along, so that an unknown customer is told from an empty page in the same crossing.
    public static IQueryable<Found> Query(Tables tables, GetUserMessages request)
    {
        var owned = tables.Conversations.Where(c => c.UserId == request.UserId);
        var messages = tables.Messages;
        var keys = Merge(request, owned, Ahead(request, messages));
        var found = owned
            .OrderBy(c => c.Id)
            .Take(1)
            .SelectMany(
                c =>
                    keys.SelectMany(k => messages.Where(m => m.ConversationId == k.ConversationId && m.Id == k.Id))
                        .DefaultIfEmpty(),
                (c, m) => new Found { Message = m }
            );
        return request.Newest
            ? found.OrderByDescending(r => Sql.Row(r.Message!.SentAt, r.Message.Id, r.Message.ConversationId))
            : found.OrderBy(r => Sql.Row(r.Message!.SentAt, r.Message.Id, r.Message.ConversationId));
    }

    // What may stand on this page or a later one.
    private static IQueryable<MessageRow> Ahead(GetUserMessages request, IQueryable<MessageRow> messages)
    {
        if (request.Channel is { } channel)
        {
            messages = messages.Where(m => m.Channel == channel);
        }

        if (request.Since?.ToUniversalTime() is { } since)
        {
            messages = messages.Where(m => m.SentAt >= since);
        }

        if (request.After is not { } after)
        {
            return messages;
        }

        var at = after.SentAt.ToUniversalTime();
        return request.Newest
            ? messages.Where(m =>
                Sql.Row(m.SentAt, m.Id, m.ConversationId) < Sql.Row(at, after.Id, after.ConversationId)
            )
            : messages.Where(m =>
                Sql.Row(m.SentAt, m.Id, m.ConversationId) > Sql.Row(at, after.Id, after.ConversationId)
            );
    }

    // A merge of the conversations' histories. A page of k messages comes from the k conversations that lead: one index probe finds each
    // conversation's next message, and only the leaders are read on. Reading k of every conversation would cost k times as much.
    private static IQueryable<Place> Merge(
        GetUserMessages request,
        IQueryable<ConversationRow> owned,
        IQueryable<MessageRow> ahead
    )
    {
        var count = request.Limit + 1;
        if (request.Channel is { } channel)
        {
            owned = owned.Where(c => Sql.Ext.PostgreSQL()!.ValueIsEqualToAny(channel, c.Channels));
        }

        // Within a conversation; between conversations the order comes after.
        var next = request.Newest
            ? ahead.OrderByDescending(m => m.SentAt).ThenByDescending(m => m.Id)
            : ahead.OrderBy(m => m.SentAt).ThenBy(m => m.Id);
        var leaders = First(
            owned.SelectMany(c => next.Where(m => m.ConversationId == c.Id).Take(1).Select(Place.Of)),
            request.Newest,
            count
        );
        return First(
            leaders.SelectMany(l => next.Where(m => m.ConversationId == l.ConversationId).Take(count).Select(Place.Of)),
            request.Newest,
            count
        );
    }

    // The count as an expression: within a join a number would be a query of its own, to be translated anew.
    private static IQueryable<Place> First(IQueryable<Place> places, bool newest, int count) =>
        (
            newest
                ? places
                    .OrderByDescending(p => p.SentAt)
                    .ThenByDescending(p => p.Id)
                    .ThenByDescending(p => p.ConversationId)
                : places.OrderBy(p => p.SentAt).ThenBy(p => p.Id).ThenBy(p => p.ConversationId)
        ).Take(() => count);

    public sealed class Found
    {
        public MessageRow? Message { get; init; }
    }

    private sealed class Place
    {
        public DateTimeOffset SentAt { get; init; }
        public Guid Id { get; init; }
        public required string ConversationId { get; init; }

        public static readonly Expression<Func<MessageRow, Place>> Of = m => new Place
        {
            SentAt = m.SentAt,
            Id = m.Id,
            ConversationId = m.ConversationId,
        };
    }
}
