using FollowUps.Contracts;
using Host.Pipeline;
using MediatR;

namespace Host.Api;

internal static class FollowUps
{
    public static void MapFollowUps(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1/follow-ups").WithTags("Follow-ups");
        api.MapPost("", ScheduleOne).WithMetadata(new SingleItem("followUps"));
        api.MapPost("/batch", ScheduleMany);
        api.MapGet("/{id:guid}", Get);
    }

    private static async Task<IResult> ScheduleOne(
        NewFollowUp followUp,
        ISender modules,
        CancellationToken cancellationToken
    )
    {
        var result = (await modules.Send(new ScheduleFollowUps([followUp]), cancellationToken))[0];
        return TypedResults.Json(
            result,
            statusCode: result.Outcome == ScheduleOutcome.Scheduled
                ? StatusCodes.Status201Created
                : StatusCodes.Status200OK
        );
    }

    private static async Task<IResult> ScheduleMany(
        ScheduleFollowUps batch,
        ISender modules,
        CancellationToken cancellationToken
    ) => TypedResults.Ok(new Page<ScheduleResult>(await modules.Send(batch, cancellationToken), null));

    private static async Task<IResult> Get(Guid id, ISender modules, CancellationToken cancellationToken) =>
        await modules.Send(new GetFollowUp(id), cancellationToken) is { } followUp
            ? TypedResults.Ok(followUp)
            : TypedResults.NotFound();
}
