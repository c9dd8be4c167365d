using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// Schedules a follow-up for every customer who has been silent for 30 days (option <c>FollowUps:ReengagementAfter</c>), page by page. Left
/// alone are customers with an upcoming booking, with a conversation that a human has taken over, and those who were written to for the same
/// silence already, whatever became of it. Looks back a week further, for days on which it did not run (option
/// <c>FollowUps:ReengagementLookBack</c>). Safe to repeat. Answers how many it scheduled.
/// </summary>
public sealed record ReengageSilentCustomers : IRequest<int>;
