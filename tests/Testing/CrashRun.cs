using System.Diagnostics;
using Conversations.Contracts;
using FollowUps.Contracts;
using MediatR;
using Npgsql;

namespace Testing;

public sealed record CrashPlan(int FollowUps, int Hosts, int Kills, TimeSpan Spread)
{
    // Something else that goes wrong at every so many kills.
    public int DisturbEvery { get; init; } = int.MaxValue;

    public Func<int, Task> Disturb { get; init; } = _ => Task.CompletedTask;

    public Action Tick { get; init; } = () => { };
}

public sealed record CrashReport(
    int Scheduled,
    int Executed,
    int Withheld,
    int Lost,
    int Received,
    int Duplicates,
    int Unexplained,
    int TwoTexts,
    int Uncertain,
    TimeSpan Took
);

// Hosts on one database that are killed again and again while they send to a receiver that counts. Withheld is a promotion that may have
// arrived already; unexplained is a duplicate that no uncertain attempt accounts for.
public sealed class CrashRun(string connectionString, ISender modules, CrashPlan plan) : IAsyncDisposable
{
    private static readonly TimeSpan Stuck = TimeSpan.FromSeconds(30);
    private static readonly FollowUpTrigger[] Triggers =
    [
        FollowUpTrigger.PostEvent,
        FollowUpTrigger.Custom,
        FollowUpTrigger.PostEvent,
        FollowUpTrigger.Reengagement,
    ];

    private readonly Random random = new(5);
    private readonly HostProcess[] hosts = new HostProcess[plan.Hosts];
    private readonly List<string> customers = [];
    private WebhookReceiver? receiver;

    public async Task<CrashReport> RunAsync(CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = (_, _) => Task.Delay(Random.Shared.Next(20), cancellationToken);
        for (var i = 0; i < hosts.Length; i++)
        {
            hosts[i] = Start(i);
        }

        await Task.WhenAll(hosts.Select(host => host.UntilItSaysAsync("Application started", cancellationToken)));
        await ScheduleAsync(cancellationToken);
        for (var kill = 1; kill <= plan.Kills; kill++)
        {
            await KillAsync(kill, cancellationToken);
            if (kill % plan.DisturbEvery == 0)
            {
                await plan.Disturb(kill / plan.DisturbEvery);
            }

            plan.Tick();
        }

        await SettleAsync(cancellationToken);
        return await ReportAsync(watch, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts.OfType<HostProcess>())
        {
            host.Dispose();
        }

        if (receiver is not null)
        {
            await receiver.DisposeAsync();
        }
    }

    // Each has an address of its own at the receiver, which so knows who sends.
    private HostProcess Start(int index) =>
        HostProcess.Start(
            ("DOTNET_ENVIRONMENT", "Development"),
            ("ConnectionStrings__Postgres", connectionString),
            ("FollowUps__Webhooks__chat__Url", $"{receiver!.Url}/{index}"),
            ("FollowUps__Webhooks__chat__Secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            ("FollowUps__Webhooks__chat__NeedsAddress", "false"),
            ("FollowUps__DispatchBatchSize", "50"),
            ("FollowUps__DispatchSweepEvery", "00:00:00.5"),
            ("FollowUps__DispatchRetryAfter", "00:00:00.2"),
            ("FollowUps__Lease", "00:00:02"),
            ("FollowUps__BackoffBase", "00:00:00.2"),
            ("Scheduling__Work__reengagement__Enabled", "false")
        );

    // One that could not start because the database was disturbed is started again, as a supervisor would.
    private void Supervise()
    {
        for (var i = 0; i < hosts.Length; i++)
        {
            if (hosts[i].HasExited)
            {
                hosts[i].Dispose();
                hosts[i] = Start(i);
            }
        }
    }

    // In clusters, so that batches are under way when a Host dies.
    private async Task ScheduleAsync(CancellationToken cancellationToken)
    {
        var start = DateTimeOffset.UtcNow;
        var items = new List<NewFollowUp>();
        for (var i = 0; i < plan.FollowUps; i++)
        {
            customers.Add(Some.Id());
            items.Add(
                new NewFollowUp
                {
                    Trigger = Triggers[i % Triggers.Length],
                    UserId = customers[i],
                    ConversationId = customers[i],
                    Message = $"Your menu is ready: {customers[i]}.",
                    ScheduledAt = start,
                    EventAt = start.AddDays(-1),
                    LastActivityAt = start.AddDays(-30),
                }
            );
        }

        await modules.Send(new PauseDispatch(), cancellationToken);
        await modules.Send(new ScheduleFollowUps(items), cancellationToken);

        // A trigger's due time is its own: what is wanted here is one within the spread.
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var spread = database.CreateCommand(
            """
            UPDATE followups.follow_ups f SET scheduled_at = at, next_at = at
            FROM (SELECT id, now() + $1 * floor(random() * $2) / $2 AS at FROM followups.follow_ups) spread
            WHERE f.id = spread.id
            """
        );
        spread.Parameters.Add(new() { Value = plan.Spread });
        spread.Parameters.Add(new() { Value = Math.Max(1, plan.Spread.TotalSeconds * 2) });
        await spread.ExecuteNonQueryAsync(cancellationToken);
        await modules.Send(new ResumeDispatch(), cancellationToken);
    }

    // At a random moment: so many deliveries later, and a few milliseconds. Every other time it is the one that sends right now.
    private async Task KillAsync(int kill, CancellationToken cancellationToken)
    {
        var moment = plan.FollowUps * (kill - random.NextDouble()) / (plan.Kills + 1);
        await ProgressAsync(
            () => Task.FromResult(receiver!.Received.Count),
            count => count >= moment,
            cancellationToken
        );
        await Task.Delay(random.Next(10), cancellationToken);
        var sender = receiver!.Received.LastOrDefault()?.From;
        var victim = kill % 2 == 0 && sender is not null ? int.Parse(sender, null) : random.Next(hosts.Length);
        hosts[victim].Dispose();
        hosts[victim] = Start(victim);

        await MoveMoodsAsync(cancellationToken);
    }

    // So that an attempt that is worded anew would be worded otherwise; to none so low that a check-in is scheduled.
    private async Task MoveMoodsAsync(CancellationToken cancellationToken)
    {
        var messages = Enumerable
            .Range(0, 20)
            .Select(_ => customers[random.Next(customers.Count)])
            .Distinct()
            .Select(customer => Some.Message(customer, 0.45 + random.NextDouble() / 2) with { UserId = customer })
            .ToList();
        try
        {
            await modules.Send(new StoreMessages(messages), cancellationToken);
        }
        catch (NpgsqlException)
        {
            // The database is being disturbed: they stay as they are.
        }
    }

    private async Task SettleAsync(CancellationToken cancellationToken) =>
        await ProgressAsync(
            async () => (int)(await modules.Send(new GetDispatchHealth(), cancellationToken)).Pending,
            pending => pending == 0,
            cancellationToken
        );

    private async Task ProgressAsync(Func<Task<int>> look, Func<int, bool> reached, CancellationToken cancellationToken)
    {
        var (last, moved) = (-1, Stopwatch.StartNew());
        while (await LookAsync() is var now && !reached(now))
        {
            Supervise();
            if (now != last)
            {
                (last, moved) = (now, Stopwatch.StartNew());
            }

            if (moved.Elapsed > Stuck)
            {
                throw new InvalidOperationException(
                    $"Nothing has moved for {Stuck}: {now}.\n{string.Join('\n', hosts.Select(host => host.Said))}"
                );
            }

            await Task.Delay(5, cancellationToken);
        }

        async Task<int> LookAsync()
        {
            try
            {
                return await look();
            }
            catch (NpgsqlException)
            {
                // The database is being disturbed.
                return last;
            }
        }
    }

    private async Task<CrashReport> ReportAsync(Stopwatch watch, CancellationToken cancellationToken)
    {
        var received = receiver!
            .Received.GroupBy(call => Guid.Parse(call.Id))
            .ToDictionary(same => same.Key, same => same.ToList());
        var followUps = new List<FollowUp>();
        foreach (var customer in customers)
        {
            var page = await modules.Send(new ListFollowUps(customer), cancellationToken);
            followUps.Add((await modules.Send(new GetFollowUp(page.Items[0].Id), cancellationToken))!);
        }

        int Uncertain(FollowUp followUp) => followUp.Attempts.Count(attempt => attempt.Outcome == "uncertain");
        bool IsWithheld(FollowUp followUp) =>
            followUp
                is { Status: FollowUpStatus.Failed, Trigger: FollowUpTrigger.Reengagement, ErrorMessage: "uncertain" };

        return new CrashReport(
            followUps.Count,
            followUps.Count(followUp => followUp.Status == FollowUpStatus.Executed),
            followUps.Count(IsWithheld),
            followUps.Count(followUp =>
                !IsWithheld(followUp)
                && (followUp.Status != FollowUpStatus.Executed || !received.ContainsKey(followUp.Id))
            ),
            receiver.Received.Count,
            received.Values.Count(same => same.Count > 1),
            followUps.Count(followUp =>
                received.TryGetValue(followUp.Id, out var same) && same.Count - 1 > Uncertain(followUp)
            ),
            received.Values.Count(same => same.Select(call => call.Body).Distinct().Count() > 1),
            followUps.Sum(Uncertain),
            watch.Elapsed
        );
    }
}
