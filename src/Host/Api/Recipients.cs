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

    private static async Task<IResult> Get(
        string userId,
        HttpContext context,
        ISender modules,
        CancellationToken cancellationToken
    ) =>
        await modules.Send(new GetRecipient(userId), cancellationToken) is { } recipient
            ? EntityTags.Show(context, recipient.Tag, recipient)
            : TypedResults.NotFound();

    private static async Task<IResult> Put(
        string userId,
        PutRecipient recipient,
        HttpContext context,
        ISender modules,
        CancellationToken cancellationToken
    )
    {
        var put = recipient with { UserId = userId, IfMatch = EntityTags.IfMatch(context) };
        if (await modules.Send(put, cancellationToken) is not { } write)
        {
            return Users.Gone("The user has been erased.");
        }

        EntityTags.Name(context, write.Recipient.Tag);
        return write.Outcome == RecipientWriteOutcome.Done ? TypedResults.Ok(write.Recipient) : EntityTags.NotMatched();
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
