using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Conversations.Contracts;
using FluentValidation;
using FollowUps.Bookings;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Dispatch;
using FollowUps.Recipients;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
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
    IOptions<FollowUpsOptions> options,
    DueSignal due,
    TimeProvider clock
) : IRequestHandler<ConfirmBooking, ConfirmBookingResult>
{
    // The message beside may be refused: until then nothing of the confirmation leaves.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

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
            tombstones.Of(request.UserId),
            request.ConversationId,
            request.OccurredAt is not null
        );
        var (overwritten, schedule) = await ScheduleAsync(request, report, cancellationToken);
        StoreMessagesResult stored;
        try
        {
            stored = await storing;
        }
        catch
        {
            await UndoAsync(request, overwritten, schedule);
            throw;
        }

        if (stored.Refusal is { } refusal)
        {
            await UndoAsync(request, overwritten, schedule);
            var reason =
                refusal.Reason == StoreRefusalReason.Erased ? BookingRefusal.Erased : BookingRefusal.OtherOwner;
            return new ConfirmBookingResult(reason, null, null, null);
        }

        // Conversations are erased first: a customer erased in here was erased there when the message came.
        if (schedule.Reason == ScheduleResult.Erased)
        {
            return new ConfirmBookingResult(BookingRefusal.Erased, null, null, null);
        }

        // It is another customer's booking too: a second crossing, and rare. Should it fail, the confirmation is repeated.
        if (overwritten.Unfinished is { } move)
        {
            await move.FinishAsync(database, due, cancellationToken);
        }

        return new ConfirmBookingResult(null, Told(stored.Messages[0]), After(stored.Conversations[0]), schedule);
    }

    private async Task<(Overwritten Overwritten, ScheduleResult Schedule)> ScheduleAsync(
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
        var now = FollowUpRules.ToMicrosecond(clock.GetUtcNow());
        var move = new BookingMove(request.BookingId, now, options.Value.PostEventWindow);
        Overwritten? overwritten = null;
        string? refusal = null;
        var results = await write.ExecuteAsync(
            [item],
            [
                new NpgsqlBatchCommand(PriorSql)
                {
                    Parameters =
                    {
                        new() { Value = request.BookingId },
                        new() { Value = request.UserId },
                    },
                },
                report.Command(now),
                move.Move(),
                move.Drop(),
                move.IsUnfinished(),
            ],
            async row =>
            {
                await row.ReadAsync(cancellationToken);
                overwritten = Overwritten.Read(row);

                // Past the booking as it is now: the schedule tells what follows from it.
                await row.NextResultAsync(cancellationToken);
                await row.NextResultAsync(cancellationToken);
                while (await row.ReadAsync(cancellationToken))
                {
                    due.Announce(row.GetFieldValue<DateTimeOffset>(0));
                    overwritten.Moved.Add(row.GetString(1));
                }

                await row.NextResultAsync(cancellationToken);
                await row.ReadAsync(cancellationToken);
                overwritten = overwritten with { Unfinished = row.GetBoolean(0) ? move : null };
                await row.NextResultAsync(cancellationToken);
            },
            row => refusal = row,
            Settling,
            null,
            cancellationToken
        );
        return (overwritten! with { Refusal = refusal }, results[0]);
    }

    // The message was refused, and nothing of a refused request may stay.
    private async Task UndoAsync(ConfirmBooking request, Overwritten overwritten, ScheduleResult schedule)
    {
        await using var batch = database.CreateBatch();
        void Add(string sql, params NpgsqlParameter[] parameters)
        {
            var command = new NpgsqlBatchCommand(sql);
            command.Parameters.AddRange(parameters);
            batch.BatchCommands.Add(command);
        }

        NpgsqlParameter Written() => new() { Value = overwritten.Transaction, NpgsqlDbType = NpgsqlDbType.Xid };

        Add(LockSql, new NpgsqlParameter { Value = request.UserId });
        Add(
            overwritten.Booking is null ? ForgetBookingSql : RestoreBookingSql,
            [
                new() { Value = request.BookingId },
                Written(),
                .. overwritten.Booking is null ? [] : Row(overwritten.Booking),
            ]
        );
        Add(MoveBackSql, Columns.Of(overwritten.Moved, NpgsqlDbType.Jsonb), Written());
        if (schedule.Outcome == ScheduleOutcome.Scheduled)
        {
            Add(UnscheduleSql, new NpgsqlParameter { Value = schedule.FollowUp!.Id });
        }
        else
        {
            NpgsqlParameter[] key =
            [
                new() { Value = request.UserId },
                new() { Value = (short)FollowUpTrigger.PostEvent },
                new() { Value = schedule.Reason ?? RefusalTable.Duplicate },
                new() { Value = schedule.FollowUp?.Id ?? RefusalRow.None },
            ];
            Add(UncountFirstSql, key);
            Add(UncountSql, [.. key.Select(parameter => parameter.Clone()), Written(), .. Row(overwritten.Refusal)]);
        }

        Add(UnlockSql, new NpgsqlParameter { Value = request.UserId }, Written());

        // Not to be given up half way, whatever becomes of the caller.
        await batch.ExecuteNonQueryAsync(CancellationToken.None);
    }

    private static NpgsqlParameter[] Row(string? row) =>
        [new() { Value = (object?)row ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Jsonb }];

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

    private static readonly string PriorSql = $"""
        WITH prior AS (SELECT b.* FROM followups.bookings b WHERE b.booking_id = $1 FOR UPDATE)
        SELECT pg_current_xact_id()::xid, to_jsonb(p), {BookingMove.Locked("array[$2::text]")}
        FROM (VALUES (1)) AS one LEFT JOIN prior p ON true
        """;

    // As scheduling does, before all else: who schedules for the customer waits, and the statements that follow see what others did.
    private const string LockSql = "SELECT FROM followups.recipients WHERE user_id = $1 FOR UPDATE";

    // Of the rows only those that the refused request was the last to write ($2): what somebody said since stays.
    private const string ForgetBookingSql = "DELETE FROM followups.bookings WHERE booking_id = $1 AND xmin = $2";

    private const string RestoreBookingSql = """
        UPDATE followups.bookings b
        SET user_id = p.user_id, conversation_id = p.conversation_id, state = p.state, event_at = p.event_at, occurred_at = p.occurred_at, moved_at = p.moved_at,
            recorded_at = p.recorded_at
        FROM jsonb_populate_record(NULL::followups.bookings, $3) p
        WHERE b.booking_id = $1 AND b.xmin = $2
        """;

    private const string MoveBackSql = """
        UPDATE followups.follow_ups f
        SET status = p.status, scheduled_at = p.scheduled_at, next_at = p.next_at, not_after = p.not_after, event_at = p.event_at,
            anchor_at = p.anchor_at, held_reason = p.held_reason, cancelled_at = p.cancelled_at, cancel_reason = p.cancel_reason,
            decisions = p.decisions
        FROM unnest($1) AS was(row) CROSS JOIN LATERAL jsonb_populate_record(NULL::followups.follow_ups, was.row) p
        WHERE f.id = p.id AND f.xmin = $2
        """;

    private const string UnscheduleSql = "DELETE FROM followups.follow_ups WHERE id = $1 AND status = 0 AND fence = 0";

    private const string UncountFirstSql = """
        DELETE FROM followups.refusals WHERE (user_id, trigger, reason, follow_up_id) = ($1, $2, $3, $4) AND times = 1
        """;

    private const string UncountSql = """
        UPDATE followups.refusals r
        SET times = r.times - 1,
            last_at = CASE WHEN r.xmin = $5 THEN p.last_at ELSE r.last_at END,
            inputs = CASE WHEN r.xmin = $5 THEN p.inputs ELSE r.inputs END
        FROM jsonb_populate_record(NULL::followups.refusals, $6) p
        WHERE (r.user_id, r.trigger, r.reason, r.follow_up_id) = ($1, $2, $3, $4)
        """;

    private const string UnlockSql = """
        DELETE FROM followups.recipients r
        WHERE r.user_id = $1 AND r.xmin = $2 AND NOT EXISTS (SELECT FROM followups.follow_ups f WHERE f.user_id = r.user_id)
        """;

    // What is needed to take the request back: the transaction that wrote, and the rows as they were, if they were.
    private sealed record Overwritten(uint Transaction, string? Booking, string? Refusal)
    {
        // Follow-ups of the booking.
        public List<string> Moved { get; } = [];

        // Where others wait for the booking as well.
        public BookingMove? Unfinished { get; init; }

        public static Overwritten Read(NpgsqlDataReader row) =>
            new(row.GetFieldValue<uint>(0), row.IsDBNull(1) ? null : row.GetString(1), null);
    }
}
