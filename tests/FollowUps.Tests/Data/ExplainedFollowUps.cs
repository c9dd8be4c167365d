using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Testing;

namespace FollowUps.Tests.Data;

public sealed class ExplainedFollowUps() : ExplainedModule("followups")
{
    protected override IEnumerable<string> Fill =>
        [RecipientsSql, BookingsSql, RegularSql, FollowUpsSql, PausedSql, PauseSql, RefusalsSql, OutboxSql];

    protected override void Add(IServiceCollection services, IConfiguration configuration) =>
        services
            .AddFollowUpsModule(configuration)
            .AddMediatR(mediator => mediator.RegisterServicesFromAssembly(typeof(FollowUpsModule).Assembly));

    protected override Task MigrateAsync(NpgsqlDataSource owner) =>
        FollowUpsModule.MigrateFollowUpsAsync(owner, TestContext.Current.CancellationToken);

    // So many that reading 500 by the key is cheaper than reading all.
    private const string RecipientsSql =
        "INSERT INTO followups.recipients (user_id) SELECT 'u-' || i FROM generate_series(0, 199999) i";

    private const string BookingsSql = """
        INSERT INTO followups.bookings (booking_id, user_id, state, event_at, occurred_at, moved_at, recorded_at)
        SELECT 'b-' || i, 'u-' || i % 200000, i % 5, now() + i * interval '1 min', now(), now(), now()
        FROM generate_series(0, 199999) i
        """;

    // A customer with many bookings: 100 are to come, and none of those has a follow-up.
    private const string RegularSql = """
        WITH regular AS (INSERT INTO followups.recipients (user_id) VALUES ('u-regular') RETURNING user_id)
        INSERT INTO followups.bookings (booking_id, user_id, conversation_id, state, event_at, occurred_at, moved_at, recorded_at)
        SELECT 'r-' || i, user_id, 'c', 1, now() + (i - 2899) * interval '2 days', now(), now(), now()
        FROM regular, generate_series(0, 2999) i
        """;

    // 120 000 of 20 000 customers: half of them sent, a third pending and of those 300 due, the rest failed or cancelled.
    private const string FollowUpsSql = """
        INSERT INTO followups.follow_ups
            (id, trigger, status, scheduled_at, next_at, not_after, created_at, event_at, executed_at, user_id, booking_id, template_pinned,
             template_id, message)
        SELECT md5(i::text)::uuid, i / 20000 % 4, s.status, s.at, s.at, s.at + interval '7 days', now() - interval '90 days', s.at,
               CASE WHEN s.status = 1 THEN s.at END, 'u-' || i % 20000, CASE WHEN i % 3 = 0 THEN 'b-' || i % 40000 END, false, 'custom', 'Hello'
        FROM generate_series(0, 119999) i
        CROSS JOIN LATERAL (SELECT (array[1, 1, 0, 1, 0, 2 + i % 2])[1 + i / 20000] AS status) kind
        CROSS JOIN LATERAL (
            SELECT kind.status, now() + CASE WHEN kind.status <> 0 OR i % 20000 < 150 THEN -1 ELSE 1 END * (i % 20000 + 1) * interval '3 min' AS at
        ) s
        """;

    // Due before all others, and not to be claimed.
    private const string PausedSql = """
        INSERT INTO followups.follow_ups
            (id, trigger, status, scheduled_at, next_at, not_after, created_at, user_id, template_pinned, template_id, message)
        SELECT md5('p-' || i)::uuid, 3, 0, at, at, at + interval '1 year', now() - interval '90 days', 'p-' || i, false, 'custom', 'Hello'
        FROM generate_series(0, 19999) i
        CROSS JOIN LATERAL (SELECT now() - interval '80 days' - i * interval '1 min' AS at) at
        """;

    private const string PauseSql = "INSERT INTO followups.pauses (trigger, paused_at) VALUES (3, now())";

    private const string RefusalsSql = """
        INSERT INTO followups.refusals (user_id, trigger, reason, follow_up_id, times, first_at, last_at, inputs)
        SELECT 'u-' || i, 0, 'duplicate', md5(i::text)::uuid, 1, now(), now(), '{}' FROM generate_series(0, 19999) i
        """;

    private const string OutboxSql = """
        INSERT INTO followups.outbox (follow_up_id, user_id, body, sent_at, attempt)
        SELECT f.id, f.user_id, 'Hello', f.executed_at, 1 FROM followups.follow_ups f WHERE f.status = 1
        """;
}
