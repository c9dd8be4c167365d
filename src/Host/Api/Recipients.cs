using FollowUps.Contracts;
using MediatR;

namespace Host.Api;

internal static class Recipients
{
    public static void MapRecipients(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1/recipients/{userId}").WithTags("Recipients");
        api.MapGet(
            "",
            (string userId, ISender modules, CancellationToken cancellationToken) =>
                modules.Send(new GetRecipient(userId), cancellationToken)
        );
        api.MapPut(
            "",
            (string userId, PutRecipient recipient, ISender modules, CancellationToken cancellationToken) =>
                modules.Send(recipient with { UserId = userId }, cancellationToken)
        );
    }
}
