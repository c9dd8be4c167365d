using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Dispatch;

public sealed class HangingChannelTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Channel_that_hangs_keeps_none_of_the_others_waiting()
    {
        await using var hanging = await WebhookReceiver.StartAsync();
        await using var prompt = await WebhookReceiver.StartAsync();
        var answering = new TaskCompletionSource();
        hanging.Answer = (_, _) => answering.Task;
        await using var host = new Node(hanging.Url, prompt.Url);
        await host.InitializeAsync();

        // More batches than may be on their way at once, each with one call that does not end.
        for (var i = 1; i <= 2 * new FollowUpsOptions().DispatchParallelism; i++)
        {
            await ScheduleAsync(host, "chat");
            await Until.NotNull(() => Task.FromResult(hanging.Received.Count == i ? hanging : null));
        }

        var id = await ScheduleAsync(host, "sms");
        var sent = await Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(id), Token) is { Status: FollowUpStatus.Executed } executed
                ? executed
                : null
        );
        answering.SetResult();

        Assert.Equal($"{sent.Id}", Assert.Single(prompt.Received).Id);
    }

    private static async Task<Guid> ScheduleAsync(HostFixture host, string channel)
    {
        var user = Some.Id();
        await host.Modules.Send(
            new PutRecipient
            {
                UserId = user,
                Addresses = new Dictionary<string, string?> { [channel] = "x" },
            },
            Token
        );
        return (await host.Modules.Send(new ScheduleFollowUps([Some.FollowUp(user)]), Token))[0].FollowUp!.Id;
    }

    private sealed class Node(Uri chat, Uri sms)
        : HostFixture(null, [.. Webhook("chat", chat), .. Webhook("sms", sms), ("FollowUps:StopGrace", "00:00:01")])
    {
        private static (string, string)[] Webhook(string name, Uri url) =>
            [
                ($"FollowUps:Webhooks:{name}:Url", $"{url}"),
                ($"FollowUps:Webhooks:{name}:Secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                ($"FollowUps:Webhooks:{name}:Timeout", "00:05:00"),
            ];
    }
}
