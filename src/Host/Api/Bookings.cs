using FollowUps.Contracts;
using Host.Access;
using MediatR;

namespace Host.Api;

internal static class Bookings
{
    public static void MapBookings(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1/bookings/{bookingId}").WithTags("Bookings").Needs(Scopes.FollowUps);
        api.MapPost("/confirmed", Confirm);
        api.MapPost("/rescheduled", Reschedule);
        api.MapPost(
            "/cancelled",
            (string bookingId, Report? report, ISender modules, CancellationToken cancellationToken) =>
                modules.Send(new CancelBooking(bookingId, report?.OccurredAt), cancellationToken)
        );
        api.MapPost(
            "/completed",
            (string bookingId, Report? report, ISender modules, CancellationToken cancellationToken) =>
                modules.Send(new CompleteBooking(bookingId, report?.OccurredAt), cancellationToken)
        );
        api.MapPost(
            "/no-show",
            (string bookingId, Report? report, ISender modules, CancellationToken cancellationToken) =>
                modules.Send(new RecordNoShow(bookingId, report?.OccurredAt), cancellationToken)
        );
    }

    private static async Task<IResult> Confirm(
        string bookingId,
        Confirmation confirmation,
        ISender modules,
        CancellationToken cancellationToken
    )
    {
        var result = await modules.Send(
            new ConfirmBooking(
                bookingId,
                confirmation.UserId ?? "",
                confirmation.ConversationId ?? "",
                confirmation.EventAt,
                confirmation.Message,
                confirmation.OccurredAt
            ),
            cancellationToken
        );
        return result switch
        {
            { Refusal: BookingRefusal.Erased } => Users.Gone("The user, or the conversation, has been erased."),
            { Refusal: not null } => TypedResults.Problem(
                "The conversation belongs to another user.",
                statusCode: StatusCodes.Status409Conflict,
                extensions: new Dictionary<string, object?>
                {
                    ["errors"] = new Dictionary<string, string[]>
                    {
                        ["userId"] = ["The conversation belongs to another user."],
                    },
                }
            ),
            { Schedule: { } schedule } => FollowUps.Answered(
                schedule,
                new Confirmed(
                    result.Message!,
                    result.Conversation!,
                    schedule.Outcome,
                    schedule.Reason,
                    schedule.FollowUp
                )
            ),
            _ => throw new InvalidOperationException("A confirmation is refused or scheduled."),
        };
    }

    private static async Task<IResult> Reschedule(
        string bookingId,
        Move move,
        ISender modules,
        CancellationToken cancellationToken
    ) =>
        TypedResults.Ok(
            await modules.Send(new RescheduleBooking(bookingId, move.EventAt, move.OccurredAt), cancellationToken)
        );

    /// <summary>A booking that was confirmed.</summary>
    /// <inheritdoc cref="ConfirmBooking" />
    private sealed record Confirmation(
        string? UserId,
        string? ConversationId,
        DateTimeOffset? EventAt,
        string? Message,
        DateTimeOffset? OccurredAt
    );

    /// <summary>What became of a confirmation: the message as it is stored, and the follow-up.</summary>
    /// <param name="Message">The message that was stored.</param>
    /// <param name="Conversation">Its conversation, after it.</param>
    /// <param name="Outcome">What became of the follow-up after the event.</param>
    /// <param name="Reason">Of a suppressed one: <c>pending_limit</c>, <c>opted_out</c> or <c>booking_cancelled</c>; else null.</param>
    /// <param name="FollowUp">The new or the existing one; null when suppressed.</param>
    internal sealed record Confirmed(
        ConfirmationMessage Message,
        ConfirmationConversation Conversation,
        ScheduleOutcome Outcome,
        string? Reason,
        FollowUp? FollowUp
    );

    /// <summary>A booking that was moved.</summary>
    /// <inheritdoc cref="RescheduleBooking" />
    private sealed record Move(DateTimeOffset? EventAt, DateTimeOffset? OccurredAt);

    /// <summary>What is told of a booking.</summary>
    /// <param name="OccurredAt">When it happened; now when absent. Of two reports on a booking the later one wins.</param>
    private sealed record Report(DateTimeOffset? OccurredAt);
}
