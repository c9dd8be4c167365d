using FollowUps.Contracts;
using Host.Access;
using MediatR;

namespace Host.Api;

internal static class Dispatch
{
    public static void MapDispatch(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1/dispatch").WithTags("Dispatch").Needs(Scopes.Admin);
        api.MapPost(
            "/pause",
            async (PauseDispatch? which, ISender modules, CancellationToken cancellationToken) =>
                new DispatchState(await modules.Send(which ?? new PauseDispatch(), cancellationToken))
        );
        api.MapPost(
            "/resume",
            async (ResumeDispatch? which, ISender modules, CancellationToken cancellationToken) =>
                new DispatchState(await modules.Send(which ?? new ResumeDispatch(), cancellationToken))
        );
    }

    /// <summary>What is paused.</summary>
    /// <param name="Paused">All triggers that are paused now.</param>
    internal sealed record DispatchState(IReadOnlyList<FollowUpTrigger> Paused);
}
