using FollowUps.Contracts;
using Host.Pipeline;
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
        api.MapGet("/refusals", Refusals);
        api.MapPut(
            "",
            (string userId, PutRecipient recipient, ISender modules, CancellationToken cancellationToken) =>
                modules.Send(recipient with { UserId = userId }, cancellationToken)
        );
    }

    private static async Task<IResult> Refusals(
        string userId,
        ISender modules,
        CancellationToken cancellationToken,
        int limit = 50,
        string? cursor = null
    )
    {
        var page = await modules.Send(
            new ListRefusals(userId, limit, Cursor.Read<RefusalKey>(cursor)),
            cancellationToken
        );
        return TypedResults.Ok(new Page<Refusal>(page.Items, Cursor.Write(page.Next)));
    }
}
