using FollowUps.Bookings;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Delivery;
using FollowUps.Dispatch;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Testing;

namespace FollowUps.Tests.Data;

public sealed class PlansTests(ExplainedFollowUps module) : IClassFixture<ExplainedFollowUps>
{
    private static readonly DateTimeOffset Evening = DateTimeOffset.UtcNow.AddDays(400);

    // Pinned, so that the other module is not asked for a mood.
    private static readonly NewFollowUp PostEvent = new()
    {
        Trigger = FollowUpTrigger.PostEvent,
        UserId = "u-7",
        BookingId = "b-7",
        EventAt = Evening,
        TemplateId = "custom",
    };

    private static readonly Guid Known = Guid.Parse("cfcd2084-95d5-65ef-66e7-dff9f98764da");

    // An index with a bar is one of two that PostgreSQL may choose from.
    private static readonly Dictionary<string, (IBaseRequest Request, string[] Indexes)> Operations = new()
    {
        ["schedule"] = (
            new ScheduleFollowUps([PostEvent]),
            ["ix_follow_ups_pending", "pk_bookings", "pk_recipients", "ix_follow_ups_booking|ix_follow_ups_executed"]
        ),
        ["schedule a hundred"] = (
            new ScheduleFollowUps([.. Enumerable.Range(100, 100).Select(i => PostEvent with { UserId = $"u-{i}" })]),
            ["ix_follow_ups_pending"]
        ),
        ["schedule three hundred for one"] = (
            new ScheduleFollowUps([.. Enumerable.Repeat(PostEvent with { UserId = "u-8" }, 300)]),
            ["ix_follow_ups_pending", "pk_recipients"]
        ),
        ["schedule a reengagement"] = (
            new ScheduleFollowUps([
                PostEvent with
                {
                    Trigger = FollowUpTrigger.Reengagement,
                    LastActivityAt = Evening,
                },
            ]),
            ["ix_follow_ups_pending", "ix_follow_ups_executed"]
        ),
        ["get"] = (new GetFollowUp(Known), ["pk_follow_ups", "pk_refusals"]),
        ["list of a customer"] = (new ListFollowUps("u-7"), ["ix_follow_ups_user"]),
        ["refusals"] = (new ListRefusals("u-7"), ["pk_refusals"]),
        ["cancel"] = (new CancelFollowUp(Guid.NewGuid()), ["pk_follow_ups"]),
        ["reschedule"] = (new RescheduleFollowUp(Known, Evening), ["pk_follow_ups", "pk_recipients"]),
        ["retry"] = (new RetryFollowUp(Known), ["pk_follow_ups", "pk_recipients"]),
        ["retry all"] = (new RetryFollowUps(To: DateTimeOffset.UtcNow.AddDays(-40)), ["ix_follow_ups_failed"]),
        ["reschedule a booking"] = (new RescheduleBooking("b-9", Evening), ["ix_follow_ups_booking", "pk_bookings"]),
        ["cancel a booking"] = (new CancelBooking("b-12"), ["ix_follow_ups_booking", "pk_bookings"]),
        ["get a recipient"] = (new GetRecipient("u-7"), ["pk_recipients"]),
        ["put a recipient"] = (
            new PutRecipient { UserId = "u-11", OptOut = ["all"] },
            ["pk_recipients", "ix_follow_ups_pending|ix_follow_ups_user"]
        ),
        ["outbox of a customer"] = (new ListOutbox("u-7"), ["ix_outbox_user"]),
        ["outbox"] = (new ListOutbox(), ["ix_outbox_list"]),
    };

    public static TheoryData<string> Names() => [.. Operations.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_operation_reads_by_its_indexes_and_scans_no_table(string name)
    {
        var (request, indexes) = Operations[name];

        var plans = await module.PlansOf(services =>
            services.GetRequiredService<ISender>().Send((object)request, TestContext.Current.CancellationToken)
        );

        Assert.NotEmpty(plans);
        Assert.Empty(Sequential(plans));
        Assert.All(indexes, index => Assert.Contains(Used(plans), used => index.Split('|').Contains(used)));
    }

    [Theory]
    [InlineData(null, "ix_follow_ups_list")]
    [InlineData("u-7", "ix_follow_ups_user")]
    public async Task A_page_reads_its_own_rows_and_no_more(string? user, string index)
    {
        var plan = await module.PlanOf(new ListFollowUps(user, Limit: 3));

        Assert.Equal(4, plan.RowsRead(index));
        Assert.DoesNotContain("Sort", plan.Nodes);
    }

    // Asked every few seconds, however much is kept, sent, due or paused.
    [Theory]
    [InlineData(50)]
    [InlineData(null)]
    public async Task Dispatch_health_is_read_from_indexes_alone_and_no_further_than_it_is_to_count(int? upTo)
    {
        var plan = await module.PlanOf(new GetDispatchHealth(upTo));

        Assert.All(
            plan.Scans,
            scan => Assert.Matches("^(Index Only Scan ix_follow_ups_|Function Scan|Seq Scan pauses$)", scan)
        );
        Assert.Contains("Index Only Scan ix_follow_ups_held", plan.Scans);
        if (upTo is not null)
        {
            Assert.InRange(plan.Scans.Sum(scan => plan.RowsRead(scan.Split(' ')[^1])), 1, 4 * 50 + 4);
        }
    }

    // The totals are those of all that is kept.
    [Fact]
    public async Task Statistics_pass_over_all_once()
    {
        var plans = await module.PlansOf(services =>
            services
                .GetRequiredService<ISender>()
                .Send(new GetFollowUpStatistics(), TestContext.Current.CancellationToken)
        );

        Assert.Equal(2, plans.Count);
        Assert.Equal(["Seq Scan follow_ups"], plans[0].Scans);
        Assert.Equal(["Index Only Scan ix_follow_ups_executed_at"], plans[1].Scans);
    }

    [Fact]
    public async Task A_claim_finds_what_is_due_and_when_the_next_is_without_reading_the_rest_or_what_is_paused_and_a_batch_is_kept_by_its_keys()
    {
        ClaimedBatch? batch = null;
        var plans = await module.PlansOf(async services =>
            batch = await services
                .GetRequiredService<Claims>()
                .TakeAsync(TimeSpan.Zero, TestContext.Current.CancellationToken)
        );

        Assert.Empty(Sequential(plans));
        var read = plans.Select(plan => plan.RowsRead("ix_follow_ups_due")).Where(rows => rows > 0).ToArray();
        Assert.Equal(2, read.Length);
        Assert.InRange(read[0], 1, 1000);
        Assert.InRange(read[1], 1, 1000);

        plans = await module.PlansOf(async services =>
        {
            var route = services.GetRequiredService<Channels>().For(null, null);
            var sent = batch!
                .Claims.Select(claim => new Outcome(claim, OutcomeKind.Sent)
                {
                    Route = route,
                    TemplateId = "custom",
                    Body = "Hello",
                })
                .ToList();
            var kept = await services
                .GetRequiredService<WritingDown>()
                .WriteDownAsync(sent, TestContext.Current.CancellationToken);
            Assert.Equal((true, sent.Count), (sent.Count > 100, kept.Count));
            await services.GetRequiredService<Recording>().RecordAsync(kept);
        });

        Assert.Equal(2, plans.Count);
        Assert.All(
            plans,
            plan =>
            {
                Assert.Contains("Index Scan pk_follow_ups", plan.Scans);
                Assert.DoesNotContain(
                    plan.Scans,
                    scan => scan.StartsWith("Seq Scan", StringComparison.Ordinal) && scan != "Seq Scan pauses"
                );
                Assert.Equal(batch!.Claims.Count, plan.RowsRead("pk_follow_ups"));
            }
        );
    }

    // For each place of the customer's it looks at those to come once more, and at none that are over.
    [Fact]
    public async Task What_was_left_out_is_sought_among_the_customers_bookings_to_come()
    {
        var options = new FollowUpsOptions();
        var found = 0;
        var plans = await module.PlansOf(async services =>
        {
            await using var batch = services
                .GetRequiredKeyedService<NpgsqlDataSource>(FollowUpsDbContext.Schema)
                .CreateBatch();
            batch.BatchCommands.Add(LeftOut.Command("r-2950", DateTimeOffset.UtcNow, options));
            await using var row = await batch.ExecuteReaderAsync(TestContext.Current.CancellationToken);
            found = (await LeftOut.ReadAsync(row, TestContext.Current.CancellationToken)).Count;
        });

        var plan = Assert.Single(plans);
        Assert.Equal(options.MaxPendingPerUser, found);
        Assert.Empty(Sequential(plans));
        Assert.InRange(plan.RowsRead("ix_bookings_user"), 1, 100 * options.MaxPendingPerUser);
        Assert.InRange(plan.RowsRead("pk_bookings"), 1, 1 + 2 * options.MaxPendingPerUser);
    }

    // What a claim and a sending change must stay out of every index: then they are updates in place (HOT). A reason to be held changes with
    // the instant or the status alone.
    [Fact]
    public async Task No_index_holds_what_a_claim_changes() =>
        Assert.Empty(
            (await module.IndexedColumnsOf("follow_ups")).Intersect([
                "leased_until",
                "fence",
                "attempts",
                "decisions",
                "mood",
                "template_id",
                "message_content",
                "message_subject",
            ])
        );

    private static IEnumerable<string> Sequential(IReadOnlyList<Plan> plans) =>
        plans
            .SelectMany(plan => plan.Scans)
            .Where(scan =>
                scan.StartsWith("Seq Scan", StringComparison.Ordinal)
                && scan[9..] is "follow_ups" or "recipients" or "bookings" or "refusals" or "outbox"
            );

    private static HashSet<string> Used(IReadOnlyList<Plan> plans) =>
        [.. plans.SelectMany(plan => plan.Scans).Select(scan => scan.Split(' ')[^1])];
}
