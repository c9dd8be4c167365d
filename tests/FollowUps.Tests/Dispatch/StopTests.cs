using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Dispatch;

public sealed class StopTests(CrashTests.Answering host) : IClassFixture<CrashTests.Answering>
{
    private const int FollowUps = 20;
    private const int AtOnce = 4;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // The lease and the grace outlast the test: what another Host sends was given back to it, and nothing is given up meanwhile.
    [Fact]
    public async Task Stopped_host_finishes_what_is_under_way_and_gives_the_rest_to_others_meanwhile()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var answering = new TaskCompletionSource();
        receiver.Answer = (call, _) => call.From == "first" ? answering.Task : Task.CompletedTask;
        var ids = await ScheduleAsync(FollowUps);
        using var first = Start(
            receiver,
            "first",
            ("FollowUps__StopGrace", "00:10:00"),
            ("DOTNET_shutdownTimeoutSeconds", "600")
        );
        await first.UntilItSaysAsync("Application started", Token);
        await Until.NotNull(() => Task.FromResult(receiver.Received.Count == AtOnce ? receiver : null));
        using var second = Start(receiver, "second");
        await second.UntilItSaysAsync("Application started", Token);

        first.Terminate();
        await Until.NotNull(() => Task.FromResult(receiver.Received.Count == FollowUps ? receiver : null));
        var meanwhile = first.HasExited;
        answering.SetResult();
        var exitCode = await first.ExitAsync(Token);
        await Until.NotNull(async () =>
            (await host.Modules.Send(new GetDispatchHealth(), Token)).Pending == 0 ? receiver : null
        );

        Assert.Equal((false, 0), (meanwhile, exitCode));
        Assert.Equal(ids.Order(), receiver.Received.Select(call => Guid.Parse(call.Id)).Order());
        Assert.Equal(AtOnce, receiver.Received.Count(call => call.From == "first"));
        foreach (var id in ids)
        {
            var attempts = (await host.Modules.Send(new GetFollowUp(id), Token))!.Attempts;
            Assert.Equal("sent", Assert.Single(attempts).Outcome);
        }
    }

    [Fact]
    public async Task Stopped_host_gives_up_a_call_that_does_not_end_and_calls_it_uncertain()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var answering = new TaskCompletionSource();
        receiver.Answer = (_, _) => answering.Task;
        var id = (await ScheduleAsync(1))[0];
        using var stopped = Start(receiver, "slow", ("FollowUps__StopGrace", "00:00:01"));
        await Until.NotNull(() => Task.FromResult(receiver.Received.IsEmpty ? null : receiver));

        await stopped.UntilItSaysAsync("Application started", Token);
        stopped.Terminate();
        var exitCode = await stopped.ExitAsync(Token);
        answering.SetResult();

        var followUp = (await host.Modules.Send(new GetFollowUp(id), Token))!;
        await host.Modules.Send(new CancelFollowUp(id), Token);
        Assert.Equal((0, FollowUpStatus.Pending), (exitCode, followUp.Status));
        Assert.Equal("uncertain", Assert.Single(followUp.Attempts).Outcome);
    }

    private async Task<List<Guid>> ScheduleAsync(int count) =>
        [
            .. (
                await host.Modules.Send(
                    new ScheduleFollowUps([.. Enumerable.Range(0, count).Select(_ => Some.FollowUp())]),
                    Token
                )
            ).Select(outcome => outcome.FollowUp!.Id),
        ];

    private HostProcess Start(WebhookReceiver receiver, string name, params (string Name, string Value)[] settings) =>
        HostProcess.Start([
            ("DOTNET_ENVIRONMENT", "Development"),
            ("ConnectionStrings__Postgres", host.ConnectionString),
            ("FollowUps__Webhooks__chat__Url", $"{receiver.Url}/{name}"),
            ("FollowUps__Webhooks__chat__Secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            ("FollowUps__Webhooks__chat__NeedsAddress", "false"),
            ("FollowUps__Webhooks__chat__Timeout", "00:05:00"),
            ("FollowUps__Webhooks__chat__Concurrency", $"{AtOnce}"),
            ("FollowUps__ChannelPatience", "00:10:00"),
            ("FollowUps__Lease", "00:10:00"),
            ("Scheduling__Enabled", "false"),
            .. settings,
        ]);
}
