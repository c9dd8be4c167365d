using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// Lists customers whose newest own message (role user), over all their conversations, lies in a span of time: who has been silent since.
/// By day, then conversation; the cost grows with the span's conversations, not with the table.
/// </summary>
/// <param name="NotBefore">The newest own message is at or after it.</param>
/// <param name="Before">The newest own message is before it.</param>
/// <param name="WithoutEscalated">True leaves out customers with a conversation that a human has taken over.</param>
/// <param name="Limit">1 to 1000 customers.</param>
/// <param name="After">Where the page before ended; null for the first page.</param>
public sealed record ListSilentCustomers(
    DateTimeOffset NotBefore,
    DateTimeOffset Before,
    bool WithoutEscalated = false,
    int Limit = 200,
    SilentCustomerKey? After = null
) : IRequest<SilentCustomerPage>;

/// <summary>The place of a customer in the list.</summary>
/// <param name="Day">The UTC day of their newest own message.</param>
/// <param name="ConversationId">The conversation that holds it.</param>
public sealed record SilentCustomerKey(DateTimeOffset Day, string ConversationId);

/// <summary>A page of customers.</summary>
/// <param name="Items">Longest silent day first.</param>
/// <param name="Next">Where the next page starts after; null on the last one.</param>
public sealed record SilentCustomerPage(IReadOnlyList<SilentCustomer> Items, SilentCustomerKey? Next);

/// <summary>A customer who has been silent.</summary>
/// <param name="UserId">The customer.</param>
/// <param name="LastActivityAt">sentAt of their newest own message over all conversations.</param>
/// <param name="ConversationId">The conversation that holds that message.</param>
/// <param name="ConversationCount">How many conversations they have.</param>
/// <param name="Escalated">True while a human has taken over any of them.</param>
public sealed record SilentCustomer(
    string UserId,
    DateTimeOffset LastActivityAt,
    string ConversationId,
    int ConversationCount,
    bool Escalated
);
