using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// Schedules the check-in after every drop of a customer's mood that has none yet: what a crash kept the notification from doing. Looks back
/// a day (option <c>FollowUps:MoodDropLookBack</c>), page by page. Safe to repeat. Answers how many it scheduled.
/// </summary>
public sealed record CheckInOnMoodDrops : IRequest<int>;
