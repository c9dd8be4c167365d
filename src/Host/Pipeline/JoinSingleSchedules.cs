using FollowUps.Contracts;
using MediatR;
using Microsoft.Extensions.Options;

namespace Host.Pipeline;

// A single schedule is a bulk of one: joined, it is a part of a larger one.
internal sealed class JoinSingleSchedules(
    IRequestHandler<ScheduleFollowUps, IReadOnlyList<ScheduleResult>> handler,
    IOptions<CoalescingOptions> options,
    TimeProvider clock
) : IPipelineBehavior<ScheduleFollowUps, IReadOnlyList<ScheduleResult>>, IDisposable
{
    private readonly Coalescer<NewFollowUp, IReadOnlyList<ScheduleResult>> coalescer = new(
        followUps => ScheduleAsync(handler, followUps, options.Value.MaxLockWait),
        options.Value,
        clock
    );

    public Task<IReadOnlyList<ScheduleResult>> Handle(
        ScheduleFollowUps request,
        RequestHandlerDelegate<IReadOnlyList<ScheduleResult>> next,
        CancellationToken cancellationToken
    ) =>
        request is { FollowUps: [var single], MaxLockWait: null }
            ? coalescer.WriteAsync(single, next.Invoke, cancellationToken)
            : next(cancellationToken);

    public void Dispose() => coalescer.Dispose();

    private static async Task<Joined<IReadOnlyList<ScheduleResult>>> ScheduleAsync(
        IRequestHandler<ScheduleFollowUps, IReadOnlyList<ScheduleResult>> handler,
        IReadOnlyList<NewFollowUp> followUps,
        TimeSpan maxLockWait
    )
    {
        var results = await handler.Handle(
            new ScheduleFollowUps(followUps) { MaxLockWait = maxLockWait },
            CancellationToken.None
        );
        return new([.. results.Select(result => (IReadOnlyList<ScheduleResult>)[result])], -1);
    }
}
