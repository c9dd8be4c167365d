using MediatR;

namespace FollowUps.Contracts;

/// <summary>Lists what the outbox channel was handed, newest first.</summary>
/// <param name="UserId">Only this customer's.</param>
/// <param name="Limit">1 to 200.</param>
/// <param name="After">Where the page before ended; null for the first page.</param>
public sealed record ListOutbox(string? UserId = null, int Limit = 50, OutboxKey? After = null) : IRequest<OutboxPage>;

/// <summary>The place of an item in the outbox.</summary>
/// <param name="SentAt">When it was handed over.</param>
/// <param name="FollowUpId">Decides between items of one instant.</param>
public sealed record OutboxKey(DateTimeOffset SentAt, Guid FollowUpId);

/// <summary>A page of the outbox.</summary>
/// <param name="Items">Newest first.</param>
/// <param name="Next">Where the next page starts after; null on the last one.</param>
public sealed record OutboxPage(IReadOnlyList<OutboxItem> Items, OutboxKey? Next);

/// <summary>A text in the outbox.</summary>
/// <param name="FollowUpId">The follow-up.</param>
/// <param name="UserId">The customer.</param>
/// <param name="Channel">Always <c>outbox</c>.</param>
/// <param name="Address">Where it would go, if known.</param>
/// <param name="Subject">Of the template, if it has one.</param>
/// <param name="Body">The text.</param>
/// <param name="SentAt">When it was handed over.</param>
/// <param name="Attempt">The attempt that handed it over.</param>
public sealed record OutboxItem(
    Guid FollowUpId,
    string UserId,
    string Channel,
    string? Address,
    string? Subject,
    string Body,
    DateTimeOffset SentAt,
    int Attempt
);
