using MediatR;

namespace Conversations.Contracts;

/// <summary>
/// Deletes messages older than the option <c>Conversations:MessageRetention</c>, in small transactions that skip what others hold. Statistics
/// and counts of their conversations stay. Does nothing while the option is absent. Meant to be sent again and again.
/// </summary>
public sealed record DeleteExpiredMessages : IRequest<DeletedMessages>;

/// <summary>What one run deleted.</summary>
/// <param name="Messages">How many messages.</param>
/// <param name="More">True when the run stopped at its bound (option <c>Conversations:RetentionRunSize</c>): the next one goes on.</param>
public sealed record DeletedMessages(long Messages, bool More);
