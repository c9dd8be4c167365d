using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Recipients;
using MediatR;

namespace FollowUps.Features.Recipients;

internal sealed class ReadUnsubscribeLinkValidator : AbstractValidator<ReadUnsubscribeLink>
{
    public ReadUnsubscribeLinkValidator() => RuleFor(request => request.Token).NotEmpty();
}

internal sealed class ReadUnsubscribeLinkHandler(UnsubscribeLinks links)
    : IRequestHandler<ReadUnsubscribeLink, UnsubscribeLink?>
{
    public Task<UnsubscribeLink?> Handle(ReadUnsubscribeLink request, CancellationToken cancellationToken) =>
        Task.FromResult(links.TryRead(request.Token, out _, out var trigger) ? new UnsubscribeLink(trigger) : null);
}
