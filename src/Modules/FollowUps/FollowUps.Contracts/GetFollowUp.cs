using MediatR;

namespace FollowUps.Contracts;

/// <summary>Reads a follow-up with its attempts. Null when it is unknown.</summary>
/// <param name="Id">Its id.</param>
public sealed record GetFollowUp(Guid Id) : IRequest<FollowUp?>;
