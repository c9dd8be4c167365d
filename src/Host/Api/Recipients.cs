using FollowUps.Contracts;
using Host.Access;
using Host.Pipeline;
using MediatR;

namespace Host.Api;

internal static class Recipients
{
    public static void MapRecipients(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1/recipients/{userId}").WithTags("Recipients").Needs(Scopes.FollowUps);
        api.MapGet("", Get);
        api.MapGet("/refusals", Refusals);
        api.MapPut("", Put);
    }

    private static async Task<IResult> Get(string userId, ISender modules, CancellationToken cancellationToken) =>
        await modules.Send(new GetRecipient(userId), cancellationToken) is { } recipient
            ? TypedResults.Ok(recipient)
            : TypedResults.NotFound();

    private static async Task<IResult> Put(
        string userId,
        PutRecipient recipient,
        ISender modules,
        CancellationToken cancellationToken
    ) =>
        await modules.Send(recipient with { UserId = userId }, cancellationToken) is { } put
            ? TypedResults.Ok(put)
            : Users.Gone("The user has been erased.");

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
