using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using FollowUps.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql;

namespace FollowUps.Data;

internal sealed class FollowUpRow
{
    public Guid Id { get; init; }
    public DateTimeOffset ScheduledAt { get; init; }

    // When the dispatcher looks at it next: due time, end of a back-off or of a hold.
    public DateTimeOffset NextAt { get; init; }

    // Until then whoever claimed it may send it. Not indexed, so that a claim is a HOT update.
    public DateTimeOffset? LeasedUntil { get; init; }
    public DateTimeOffset NotAfter { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? EventAt { get; init; }
    public DateTimeOffset? LastActivityAt { get; init; }

    // Of one that is due by the clock: the instant whose day it counts from, how many days, the time, and in which zone; whether the zone was
    // given or is the customer's.
    public DateTimeOffset? AnchorAt { get; init; }
    public short? DaysAfter { get; init; }
    public TimeOnly? LocalTime { get; init; }
    public string? TimeZone { get; init; }
    public bool? ZoneGiven { get; init; }
    public DateTimeOffset? ExecutedAt { get; init; }
    public DateTimeOffset? CancelledAt { get; init; }

    // How many attempts were behind it when it was last made to try anew: those do not count against the limit.
    public int AttemptsBefore { get; init; }

    // Raised by every claim: whoever finishes with an older number finishes nothing.
    public int Fence { get; init; }
    public FollowUpTrigger Trigger { get; init; }
    public FollowUpStatus Status { get; init; }
    public FollowUpMood? Mood { get; init; }
    public bool TemplatePinned { get; init; }
    public required string UserId { get; init; }
    public string? ConversationId { get; init; }
    public string? BookingId { get; init; }
    public string? DedupeKey { get; init; }
    public string? TemplateId { get; init; }

    // Of the text that the newest attempt was worded with.
    public int? TemplateVersion { get; init; }
    public string? TemplateLocale { get; init; }
    public string? TemplateChannel { get; init; }
    public string? Message { get; init; }
    public string? MessageSubject { get; init; }
    public string? MessageContent { get; init; }
    public string? HeldReason { get; init; }
    public string? CancelReason { get; init; }
    public string? ErrorMessage { get; init; }
    public string? Variables { get; init; }
    public required string Attempts { get; init; }
    public required string Decisions { get; init; }
}

internal sealed class FollowUpTable : IEntityTypeConfiguration<FollowUpRow>
{
    public const string Columns = """
        f.id, f.user_id, f.conversation_id, f.booking_id, f.trigger, f.status, f.scheduled_at, f.executed_at, f.cancelled_at,
        f.cancel_reason, f.template_id, f.message_content, f.mood, f.held_reason, f.attempts, f.error_message, f.created_at, f.variables,
        f.event_at, f.not_after, f.last_activity_at, f.dedupe_key, f.template_pinned, f.decisions,
        f.days_after, f.local_time, f.time_zone, f.zone_given, f.next_at
        """;

    public const string ById = $"""
        SELECT {Columns}, (
            SELECT jsonb_build_object('at', r.last_at, 'decision', r.reason,
                'inputs', r.inputs || jsonb_build_object('times', r.times, 'firstAt', r.first_at))
            FROM followups.refusals r
            WHERE (r.user_id, r.trigger, r.reason, r.follow_up_id) = (f.user_id, f.trigger, '{RefusalTable.Duplicate}', f.id)
        )
        FROM followups.follow_ups f
        WHERE f.id = $1
        """;

    // What scheduling locks too: nothing is scheduled for the customer of this follow-up meanwhile.
    public const string LockCustomer = """
        SELECT FROM followups.recipients r WHERE r.user_id = (SELECT f.user_id FROM followups.follow_ups f WHERE f.id = $1) FOR UPDATE
        """;

    // When one (f) is due whose booking moved by moved.away: by the clock where it was said so, else as much later.
    public static readonly string DueAfterMove = $"""
        CASE WHEN f.local_time IS NULL THEN {Moved("f.scheduled_at", "moved.away")}
             ELSE followups.due_by_clock(f.anchor_at + moved.away, f.days_after, f.local_time, f.time_zone) END
        """;

    // An instant that is moved stops where it can no longer be kept or read: one such row would fail all that it is read or claimed with.
    public static string Moved(string instant, string by) =>
        $"({instant} + least(greatest({by}, timestamptz '1900-01-01Z' - {instant}), timestamptz '9900-01-01Z' - {instant}))";

    // Not on its way at this moment: a text that a channel has in hand cannot be called back or moved.
    public const string Idle = "(f.leased_until IS NULL OR f.leased_until <= clock_timestamp())";

    // A row of ById.
    public static FollowUp ReadWithDuplicates(NpgsqlDataReader row)
    {
        var followUp = Read(row, 0);
        return row.IsDBNull(29)
            ? followUp
            : followUp with
            {
                Decisions =
                [
                    .. followUp.Decisions.Append(Json<FollowUpDecision>(row.GetString(29))).OrderBy(d => d.At),
                ],
            };
    }

    public static FollowUp Read(NpgsqlDataReader row, int from)
    {
        string? Text(int at) => row.IsDBNull(from + at) ? null : row.GetString(from + at);
        DateTimeOffset? Instant(int at) =>
            row.IsDBNull(from + at) ? null : row.GetFieldValue<DateTimeOffset>(from + at);

        return new FollowUp
        {
            Id = row.GetGuid(from),
            UserId = row.GetString(from + 1),
            ConversationId = Text(2),
            BookingId = Text(3),
            Trigger = (FollowUpTrigger)row.GetInt16(from + 4),
            Status = (FollowUpStatus)row.GetInt16(from + 5),
            ScheduledAt = row.GetFieldValue<DateTimeOffset>(from + 6),
            ExecutedAt = Instant(7),
            CancelledAt = Instant(8),
            CancelReason = Text(9),
            TemplateId = Text(10),
            MessageContent = row.GetInt16(from + 5) == (short)FollowUpStatus.Executed ? Text(11) : null,
            Mood = row.IsDBNull(from + 12) ? null : (FollowUpMood)row.GetInt16(from + 12),
            HeldReason = Text(13),
            Attempts = List<FollowUpAttempt>(row.GetString(from + 14)),
            ErrorMessage = Text(15),
            NextAttemptAt = row.GetInt16(from + 5) == (short)FollowUpStatus.Pending ? Instant(28) : null,
            CreatedAt = row.GetFieldValue<DateTimeOffset>(from + 16),
            Variables = Text(17) is { } variables ? JsonSerializer.Deserialize<JsonElement>(variables) : null,
            Clock = row.IsDBNull(from + 25)
                ? null
                : new FollowUpClock(
                    row.GetInt16(from + 24),
                    row.GetFieldValue<TimeOnly>(from + 25).ToString("HH:mm", CultureInfo.InvariantCulture),
                    row.GetString(from + 26),
                    !row.GetBoolean(from + 27)
                ),
            EventAt = Instant(18),
            NotAfter = row.GetFieldValue<DateTimeOffset>(from + 19),
            Decisions = [Scheduled(row, from), .. List<FollowUpDecision>(row.GetString(from + 23))],
        };
    }

    // The first decision is the row itself, as it was asked for.
    private static FollowUpDecision Scheduled(NpgsqlDataReader row, int from)
    {
        object? Value(int at) => row.IsDBNull(from + at) ? null : row.GetValue(from + at);

        var (trigger, pinned) = ((FollowUpTrigger)row.GetInt16(from + 4), row.GetBoolean(from + 22));
        var (active, key, days) = (Value(20), Value(21), Value(24));
        return new FollowUpDecision(
            row.GetFieldValue<DateTimeOffset>(from + 16),
            "scheduled",
            null,
            active is null && key is null && days is null
                ? WithoutMore.GetOrAdd(
                    (trigger, pinned),
                    of => Inputs(of.Item1, of.Item2, null, null, null, null, null)
                )
                : Inputs(trigger, pinned, active, key, days, Value(25), Value(26))
        );
    }

    // Most say no more, and a document of its own for each is what reading a batch would spend most of its memory on.
    private static readonly ConcurrentDictionary<(FollowUpTrigger, bool), JsonElement> WithoutMore = new();

    private static JsonElement Inputs(
        FollowUpTrigger trigger,
        bool templatePinned,
        object? lastActivityAt,
        object? dedupeKey,
        object? daysAfter,
        object? localTime,
        object? timeZone
    ) =>
        JsonSerializer.SerializeToElement(
            new
            {
                trigger = JsonNamingPolicy.SnakeCaseLower.ConvertName(trigger.ToString()),
                lastActivityAt,
                dedupeKey,
                templatePinned,
                daysAfter,
                localTime,
                timeZone,
            },
            Omitting
        );

    private static readonly JsonSerializerOptions Omitting = new(JsonSerializerOptions.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private static T[] List<T>(string text) => text == "[]" ? [] : Json<T[]>(text);

    private static T Json<T>(string text) => JsonSerializer.Deserialize<T>(text, JsonSerializerOptions.Web)!;

    public void Configure(EntityTypeBuilder<FollowUpRow> table)
    {
        table.ToTable("follow_ups");
        // Room on each page for the claim and the words, which are updated in place: a row grows to about twice its size. Dispatch of 20 000 was
        // a fifth faster than at 70 (build/bench dispatch).
        table.HasStorageParameter("fillfactor", 50);
        table.HasKey(f => f.Id).HasName("pk_follow_ups");
        table.Property(f => f.UserId).UseCollation("C");
        table.Property(f => f.ConversationId).UseCollation("C");
        table.Property(f => f.BookingId).UseCollation("C");
        table.Property(f => f.DedupeKey).UseCollation("C");
        table.Property(f => f.Trigger).HasConversion<short>();
        table.Property(f => f.Status).HasConversion<short>();
        table.Property(f => f.Mood).HasConversion<short>();
        table.Property(f => f.Fence).HasDefaultValue(0);
        table.Property(f => f.AttemptsBefore).HasDefaultValue(0);
        table.Property(f => f.Variables).HasColumnType("jsonb");
        table.Property(f => f.Attempts).HasColumnType("jsonb").HasDefaultValueSql("'[]'");
        table.Property(f => f.Decisions).HasColumnType("jsonb").HasDefaultValueSql("'[]'");

        // DispatchDueFollowUps: what is due of each trigger, soonest first, and when the next one is.
        table.HasIndex(f => new { f.Trigger, f.NextAt }, "ix_follow_ups_due").HasFilter("status = 0");

        // GetDispatchHealth: those that wait for the end of an escalation.
        table.HasIndex(f => f.ScheduledAt, "ix_follow_ups_held").HasFilter("status = 0 AND held_reason = 'escalated'");

        // ScheduleFollowUps: the customer's pending ones, for the duplicate check and the cap.
        table
            .HasIndex(
                f => new
                {
                    f.UserId,
                    f.Trigger,
                    f.ScheduledAt,
                },
                "ix_follow_ups_pending"
            )
            .HasFilter("status = 0")
            .IncludeProperties(f => new { f.DedupeKey, f.Id });

        // GetFollowUpStatistics, GetDispatchHealth: what was sent today, and how late.
        table
            .HasIndex(f => f.ExecutedAt, "ix_follow_ups_executed_at")
            .HasFilter("status = 1")
            .IncludeProperties(f => new { f.NextAt, f.CreatedAt });

        // ScheduleFollowUps: whether one of this trigger was executed lately.
        table
            .HasIndex(
                f => new
                {
                    f.UserId,
                    f.Trigger,
                    f.ExecutedAt,
                },
                "ix_follow_ups_executed"
            )
            .HasFilter("status = 1");

        // RetryFollowUps.
        table.HasIndex(f => new { f.ScheduledAt, f.Id }, "ix_follow_ups_failed").HasFilter("status = 3");

        // ListFollowUps of a customer and of all.
        table.HasIndex(
            f => new
            {
                f.UserId,
                f.ScheduledAt,
                f.Id,
            },
            "ix_follow_ups_user"
        );
        table.HasIndex(f => new { f.ScheduledAt, f.Id }, "ix_follow_ups_list");

        // RescheduleBooking, CancelBooking; ScheduleFollowUps: whether the booking's was sent already.
        table.HasIndex(f => f.BookingId, "ix_follow_ups_booking").HasFilter("booking_id IS NOT NULL");
    }
}
