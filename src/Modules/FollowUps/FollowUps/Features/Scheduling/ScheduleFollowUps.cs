using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.Extensions.Options;

namespace FollowUps.Features.Scheduling;

internal sealed class ScheduleFollowUpsValidator : AbstractValidator<ScheduleFollowUps>
{
    public ScheduleFollowUpsValidator(IOptions<FollowUpsOptions> options, TimeProvider clock)
    {
        // One rule over the whole list: a child validator per item costs more than the items.
        RuleFor(request => request.FollowUps)
            .Custom(
                (items, context) => FollowUpRules.Check(items, options.Value, clock.GetUtcNow(), context.AddFailure)
            );
        RuleFor(request => request.MaxLockWait).InclusiveBetween(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
    }
}

internal sealed class ScheduleFollowUpsHandler(ScheduleWrite write)
    : IRequestHandler<ScheduleFollowUps, IReadOnlyList<ScheduleResult>>
{
    public async Task<IReadOnlyList<ScheduleResult>> Handle(
        ScheduleFollowUps request,
        CancellationToken cancellationToken
    ) => await write.ExecuteAsync(request.FollowUps, request.MaxLockWait, cancellationToken);
}
