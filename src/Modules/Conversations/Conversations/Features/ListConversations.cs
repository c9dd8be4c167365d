using System.Linq.Expressions;
using Conversations.Contracts;
using Conversations.Data;
using Conversations.Emotions;
using Conversations.Messages;
using FluentValidation;
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.DataProvider.PostgreSQL;
using MediatR;

namespace Conversations.Features;

internal sealed class ListConversationsValidator : AbstractValidator<ListConversations>
{
    public ListConversationsValidator()
    {
        RuleFor(request => request.UserId).Custom(MessageRules.IdRule).When(request => request.UserId is not null);
        RuleFor(request => request.Channel).Custom(MessageRules.ChannelRule);
        RuleFor(request => request.Limit).InclusiveBetween(1, 200);
        RuleFor(request => request.After!.Id)
            .Custom(MessageRules.CursorRule)
            .When(request => request.After is not null);
    }
}

internal sealed class ListConversationsHandler(TablesFactory factory)
    : IRequestHandler<ListConversations, ConversationPage>
{
    public async Task<ConversationPage> Handle(ListConversations request, CancellationToken cancellationToken)
    {
        await using var tables = factory.Open();
        var items = await Query(tables, request).ToListAsync(cancellationToken);
        if (items.Count <= request.Limit)
        {
            return new ConversationPage(items, null);
        }

        items.RemoveAt(request.Limit);
        return new ConversationPage(items, new ConversationKey(items[^1].LastMessageAt, items[^1].Id));
    }

    public static IQueryable<Conversation> Query(Tables tables, ListConversations request) =>
        Matching(request, tables.Conversations)
            .OrderByDescending(c => c.LastMessageHour)
            .ThenByDescending(c => c.LastMessageAt)
            .ThenByDescending(c => c.Id)
            .Take(request.Limit + 1)
            .Select(Listed);

    private static IQueryable<ConversationRow> Matching(ListConversations request, IQueryable<ConversationRow> rows)
    {
        if (request.UserId is { } user)
        {
            rows = rows.Where(c => c.UserId == user);
        }

        if (request.Escalated is { } escalated)
        {
            rows = escalated ? rows.Where(c => c.EscalatedAt != null) : rows.Where(c => c.EscalatedAt == null);
        }

        if (request.Active is { } active)
        {
            rows = active ? rows.Where(c => c.ClosedAt == null) : rows.Where(c => c.ClosedAt != null);
        }

        if (request.Channel is { } channel)
        {
            rows = rows.Where(c => Sql.Ext.PostgreSQL()!.ValueIsEqualToAny(channel, c.Channels));
        }

        // The hour bounds the index, the instant decides within it.
        if (request.Since?.ToUniversalTime() is { } since)
        {
            var hour = Instants.Hour(since);
            rows = rows.Where(c => c.LastMessageHour >= hour && c.LastMessageAt >= since);
        }

        if (request.After is { } after)
        {
            var at = after.LastMessageAt.ToUniversalTime();
            var hour = Instants.Hour(at);
            rows = rows.Where(c => c.LastMessageHour <= hour && Sql.Row(c.LastMessageAt, c.Id) < Sql.Row(at, after.Id));
        }

        return rows;
    }

    private static readonly Expression<Func<ConversationRow, Conversation>> Listed = c => new Conversation
    {
        Id = c.Id,
        UserId = c.UserId,
        MessageCount = c.MessageCount,
        AverageEmotionScore = c.Average,
        EmotionTrend = Trend(c.WindowScores),
        LastMessageAt = c.LastMessageAt,
        LastActivityAt = c.LastActivityAt,
        Channels = c.Channels,
        ClosedAt = c.ClosedAt,
        CloseReason = c.CloseReason,
        ReopenReason = c.ReopenReason,
        EscalatedAt = c.EscalatedAt,
        EscalationReason = c.EscalationReason,
        Context = Element(c.Context),
        CreatedAt = c.CreatedAt,
    };

    private static EmotionTrend? Trend(double[] newestFirst) => EmotionTrends.Of(newestFirst);

    private static System.Text.Json.JsonElement? Element(string? json) => json is null ? null : Json.Element(json);
}
