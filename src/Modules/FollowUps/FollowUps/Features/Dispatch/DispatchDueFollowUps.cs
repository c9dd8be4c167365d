using FollowUps.Contracts;
using FollowUps.Dispatch;
using MediatR;

namespace FollowUps.Features.Dispatch;

internal sealed class DispatchDueFollowUpsHandler(Claims claims, Sending sending)
    : IRequestHandler<DispatchDueFollowUps, DispatchResult>
{
    public async Task<DispatchResult> Handle(DispatchDueFollowUps request, CancellationToken cancellationToken)
    {
        var batch = await claims.TakeAsync(TimeSpan.Zero, cancellationToken);
        var (sent, putOff) = await sending.SendAsync(batch, () => { }, cancellationToken);
        return new DispatchResult(
            batch.Claims.Count,
            sent,
            batch.NextAt is null || putOff < batch.NextAt ? putOff ?? batch.NextAt : batch.NextAt
        );
    }
}
