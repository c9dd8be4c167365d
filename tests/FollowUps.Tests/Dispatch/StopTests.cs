using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Dispatch;

public sealed class StopTests(CrashTests.Answering host) : IClassFixture<CrashTests.Answering>
{
    private const int FollowUps = 20;
    private const int AtOnce = 4;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // The lease outlasts the test: what another Host sends was given back to it.
    [Fact]
    public async Task Stopped_host_finishes_what_is_under_way_and_gives_the_rest_to_others_meanwhile()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var answering = new TaskCompletionSource();
        receiver.Answer = (call, _) => call.From == "first" ? answering.Task : Task.CompletedTask;
        var ids = (
            await host.Modules.Send(
                new ScheduleFollowUps([
                    .. Enumerable
                        .Range(0, FollowUps)
                        .Select(_ => new NewFollowUp
                        {
                            Trigger = FollowUpTrigger.Custom,
                            UserId = Some.Id(),
                            ScheduledAt = DateTimeOffset.UtcNow,
                            Message = "Your menu is ready.",
                        }),
                ]),
                Token
            )
        ).Select(outcome => outcome.FollowUp!.Id).ToList();
        using var first = Start(receiver, "first");
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

    private HostProcess Start(WebhookReceiver receiver, string name) =>
        HostProcess.Start(
            ("DOTNET_ENVIRONMENT", "Development"),
            ("ConnectionStrings__Postgres", host.ConnectionString),
            ("FollowUps__Webhooks__chat__Url", $"{receiver.Url}/{name}"),
            ("FollowUps__Webhooks__chat__Secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            ("FollowUps__Webhooks__chat__NeedsAddress", "false"),
            ("FollowUps__Webhooks__chat__Concurrency", $"{AtOnce}"),
            ("FollowUps__ChannelPatience", "00:10:00"),
            ("FollowUps__Lease", "00:10:00"),
            ("Scheduling__Enabled", "false")
        );
}
