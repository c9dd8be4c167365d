using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Recipients;
using FollowUps.Scheduling;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FollowUps.Features.Recipients;

internal sealed class EraseFollowUpsValidator : AbstractValidator<EraseFollowUps>
{
    public EraseFollowUpsValidator() =>
        RuleFor(request => request.UserId)
            .Custom(
                (id, context) =>
                    FollowUpRules.CheckText("userId", id ?? "", FollowUpRules.MaxIdLength, context.AddFailure)
            );
}

internal sealed class EraseFollowUpsHandler(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    Tombstones tombstones,
    TimeProvider clock
) : IRequestHandler<EraseFollowUps, ErasedFollowUps>
{
    private const int Tries = 200;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    public async Task<ErasedFollowUps> Handle(EraseFollowUps request, CancellationToken cancellationToken)
    {
        for (var left = Tries; ; left--)
        {
            try
            {
                return await EraseAsync(request.UserId, cancellationToken);
            }
            catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.LockNotAvailable && left > 1)
            {
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }

    // One transaction, and one crossing: nothing of a batch is kept unless all of it is.
    private async Task<ErasedFollowUps> EraseAsync(string userId, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        var guard = Add(GuardSql, Value(userId));
        Add(BurySql, Value(tombstones.Of(userId)), Value(clock.GetUtcNow().UtcDateTime));
        Add(LockBookingsSql, Value(userId));
        Add(LockFollowUpsSql, Value(userId));
        var deliveries = Add("DELETE FROM followups.outbox WHERE user_id = $1", Value(userId));
        var bookings = Add(DeleteBookingsSql, Value(userId));
        var refusals = Add("DELETE FROM followups.refusals WHERE user_id = $1", Value(userId));
        var followUps = Add("DELETE FROM followups.follow_ups WHERE user_id = $1", Value(userId));
        var recipients = Add("DELETE FROM followups.recipients WHERE user_id = $1", Value(userId));
        await batch.ExecuteNonQueryAsync(cancellationToken);

        return new ErasedFollowUps(
            (long)followUps.RecordsAffected,
            (long)deliveries.RecordsAffected,
            (long)bookings.RecordsAffected,
            (long)refusals.RecordsAffected,
            (long)recipients.RecordsAffected - (long)guard.RecordsAffected
        );

        NpgsqlBatchCommand Add(string sql, params NpgsqlParameter[] parameters)
        {
            var command = new NpgsqlBatchCommand(sql);
            command.Parameters.AddRange(parameters);
            batch.BatchCommands.Add(command);
            return command;
        }
    }

    private static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };

    // The lock that scheduling takes: who comes later finds the tombstone, who came before is seen by the statements after this one.
    private const string GuardSql = """
        INSERT INTO followups.recipients AS r (user_id) VALUES ($1)
        ON CONFLICT (user_id) DO UPDATE SET user_id = r.user_id WHERE false
        """;

    private const string BurySql =
        "INSERT INTO followups.erased (key, erased_at) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";

    // A booking that was only ever moved or cancelled names no customer, but a follow-up of theirs names it.
    private const string Bookings = """
        b.booking_id IN (
            SELECT own.booking_id FROM followups.bookings own WHERE own.user_id = $1
            UNION
            SELECT f.booking_id FROM followups.follow_ups f WHERE f.user_id = $1 AND f.booking_id IS NOT NULL
        ) AND (b.user_id IS NULL OR b.user_id = $1)
        """;

    private const string LockBookingsSql = $"""
        SELECT count(*) FROM (SELECT FROM followups.bookings b WHERE {Bookings} ORDER BY b.booking_id FOR UPDATE) locked
        """;

    // The dispatcher locks follow-ups in no order that could be kept here: waiting for it while holding some could end in a deadlock, and it
    // must not be the one that loses. It holds them for a moment only.
    private const string LockFollowUpsSql = """
        SELECT count(*) FROM (SELECT FROM followups.follow_ups WHERE user_id = $1 FOR UPDATE NOWAIT) locked
        """;

    private const string DeleteBookingsSql = $"DELETE FROM followups.bookings b WHERE {Bookings}";
}
