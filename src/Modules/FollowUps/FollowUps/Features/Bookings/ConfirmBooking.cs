using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Conversations.Contracts;
using FluentValidation;
using FollowUps.Bookings;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Recipients;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Features.Bookings;

internal sealed class ConfirmBookingValidator : AbstractValidator<ConfirmBooking>
{
    public ConfirmBookingValidator() =>
        RuleFor(request => request)
            .Custom(
                (request, context) =>
                {
                    const int longest = FollowUpRules.MaxIdLength;
                    FollowUpRules.CheckText("bookingId", request.BookingId ?? "", longest, context.AddFailure);
                    FollowUpRules.CheckText("userId", request.UserId ?? "", longest, context.AddFailure);
                    FollowUpRules.CheckText(
                        "conversationId",
                        request.ConversationId ?? "",
                        longest,
                        context.AddFailure
                    );
                    FollowUpRules.CheckText(
                        "message",
                        request.Message,
                        FollowUpRules.MaxMessageLength,
                        context.AddFailure
                    );
                    FollowUpRules.CheckInstant("eventAt", request.EventAt, needed: true, context.AddFailure);
                    FollowUpRules.CheckInstant("occurredAt", request.OccurredAt, needed: false, context.AddFailure);
                }
            );
}

internal sealed class ConfirmBookingHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    ScheduleWrite write,
    Tombstones tombstones,
    ISender modules,
    TimeProvider clock
) : IRequestHandler<ConfirmBooking, ConfirmBookingResult>
{
    public async Task<ConfirmBookingResult> Handle(ConfirmBooking request, CancellationToken cancellationToken)
    {
        // Beside each other on two connections, so that the slower one is all that the caller waits for.
        var storing = modules.Send(new StoreMessages([Message(request)]), cancellationToken);
        var report = new BookingReport(
            request.BookingId,
            BookingState.Confirmed,
            FollowUpRules.ToMicrosecond(request.OccurredAt ?? clock.GetUtcNow()),
            request.EventAt,
            request.UserId,
            tombstones.Of(request.UserId)
        );
        var (prior, schedule) = await ScheduleAsync(request, report, cancellationToken);
        StoreMessagesResult stored;
        try
        {
            stored = await storing;
        }
        catch
        {
            await UndoAsync(report, prior, schedule);
            throw;
        }

        if (stored.Refusal is { } refusal)
        {
            await UndoAsync(report, prior, schedule);
            var reason =
                refusal.Reason == StoreRefusalReason.Erased ? BookingRefusal.Erased : BookingRefusal.OtherOwner;
            return new ConfirmBookingResult(reason, null, null, null);
        }

        // Conversations are erased first: a customer erased in here was erased there when the message came.
        if (schedule.Reason == ScheduleResult.Erased)
        {
            return new ConfirmBookingResult(BookingRefusal.Erased, null, null, null);
        }

        return new ConfirmBookingResult(null, Told(stored.Messages[0]), After(stored.Conversations[0]), schedule);
    }

    private async Task<(Prior? Prior, ScheduleResult Schedule)> ScheduleAsync(
        ConfirmBooking request,
        BookingReport report,
        CancellationToken cancellationToken
    )
    {
        var item = new NewFollowUp
        {
            Trigger = FollowUpTrigger.PostEvent,
            UserId = request.UserId,
            ConversationId = request.ConversationId,
            BookingId = request.BookingId,
            EventAt = request.EventAt,
        };
        Prior? prior = null;
        var results = await write.ExecuteAsync(
            [item],
            [
                new NpgsqlBatchCommand(PriorSql) { Parameters = { new() { Value = request.BookingId } } },
                report.Command(clock.GetUtcNow()),
            ],
            async row =>
            {
                if (await row.ReadAsync(cancellationToken))
                {
                    prior = Prior.Read(row);
                }

                // Past the booking as it is now: the schedule tells what follows from it.
                await row.NextResultAsync(cancellationToken);
                await row.NextResultAsync(cancellationToken);
            },
            cancellationToken
        );
        return (prior, results[0]);
    }

    // The message was refused, and nothing of a refused request may stay.
    private async Task UndoAsync(BookingReport report, Prior? prior, ScheduleResult schedule)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(Prior.Restore(report, prior));
        if (schedule.Outcome == ScheduleOutcome.Scheduled)
        {
            batch.BatchCommands.Add(
                new NpgsqlBatchCommand(UnscheduleSql) { Parameters = { new() { Value = schedule.FollowUp!.Id } } }
            );
        }

        // Not to be given up half way, whatever becomes of the caller.
        await batch.ExecuteNonQueryAsync(CancellationToken.None);
    }

    private static NewMessage Message(ConfirmBooking request)
    {
        var text =
            request.Message
            ?? string.Create(
                CultureInfo.InvariantCulture,
                $"Your booking {request.BookingId} on {request.EventAt!.Value:MMMM dd, yyyy} is confirmed."
            );
        return new NewMessage
        {
            Id = MessageId(request, text),
            ConversationId = request.ConversationId,
            UserId = request.UserId,
            Role = MessageRole.Assistant,
            Content = text,
            SentAt = request.OccurredAt,
        };
    }

    // The same confirmation is the same message: an id made from what it says (RFC 9562, version 8).
    private static Guid MessageId(ConfirmBooking request, string text)
    {
        string[] parts =
        [
            request.BookingId,
            request.UserId,
            request.EventAt!.Value.UtcDateTime.ToString("O"),
            request.OccurredAt?.UtcDateTime.ToString("O") ?? "",
            text,
        ];
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', parts))).AsSpan(0, 16);
        hash[6] = (byte)(0x80 | (hash[6] & 0x0F));
        hash[8] = (byte)(0x80 | (hash[8] & 0x3F));
        return new Guid(hash, bigEndian: true);
    }

    private static ConfirmationMessage Told(Message message) =>
        new(message.Id, message.ConversationId, message.UserId, "assistant", message.Content, message.SentAt);

    private static ConfirmationConversation After(Conversation conversation) =>
        new(
            conversation.Id,
            conversation.UserId,
            conversation.MessageCount,
            conversation.AverageEmotionScore,
            conversation.EmotionTrend?.ToString().ToLowerInvariant(),
            conversation.LastMessageAt
        );

    private const string PriorSql = """
        SELECT user_id, state, event_at, occurred_at, moved_at, recorded_at FROM followups.bookings WHERE booking_id = $1 FOR UPDATE
        """;

    private const string UnscheduleSql = "DELETE FROM followups.follow_ups WHERE id = $1 AND status = 0 AND fence = 0";

    private sealed record Prior(
        string? UserId,
        short State,
        DateTime? EventAt,
        DateTime OccurredAt,
        DateTime? MovedAt,
        DateTime RecordedAt
    )
    {
        public static Prior Read(NpgsqlDataReader row) =>
            new(
                row.IsDBNull(0) ? null : row.GetString(0),
                row.GetInt16(1),
                row.IsDBNull(2) ? null : row.GetDateTime(2),
                row.GetDateTime(3),
                row.IsDBNull(4) ? null : row.GetDateTime(4),
                row.GetDateTime(5)
            );

        // Only what this report left: a later one stays.
        public static NpgsqlBatchCommand Restore(BookingReport report, Prior? prior) =>
            prior is null
                ? new NpgsqlBatchCommand(
                    "DELETE FROM followups.bookings WHERE booking_id = $1 AND occurred_at = $2 AND state = 0"
                )
                {
                    Parameters =
                    {
                        new() { Value = report.BookingId },
                        new() { Value = report.OccurredAt },
                    },
                }
                : new NpgsqlBatchCommand(
                    """
                    UPDATE followups.bookings
                    SET user_id = $3, state = $4, event_at = $5, occurred_at = $6, moved_at = $7, recorded_at = $8
                    WHERE booking_id = $1 AND $2 IN (occurred_at, moved_at)
                    """
                )
                {
                    Parameters =
                    {
                        new() { Value = report.BookingId },
                        new() { Value = report.OccurredAt },
                        new() { Value = (object?)prior.UserId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                        new() { Value = prior.State },
                        new()
                        {
                            Value = (object?)prior.EventAt ?? DBNull.Value,
                            NpgsqlDbType = NpgsqlDbType.TimestampTz,
                        },
                        new() { Value = prior.OccurredAt },
                        new()
                        {
                            Value = (object?)prior.MovedAt ?? DBNull.Value,
                            NpgsqlDbType = NpgsqlDbType.TimestampTz,
                        },
                        new() { Value = prior.RecordedAt },
                    },
                };
    }
}
