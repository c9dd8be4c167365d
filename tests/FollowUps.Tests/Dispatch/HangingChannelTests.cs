using System.Collections.Concurrent;
using FollowUps.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
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

    [Fact]
    public async Task Channel_without_bounds_that_hangs_keeps_none_of_the_others_waiting()
    {
        var (hanging, prompt) = (new Own("chat") { Answering = new() }, new Own("sms"));
        await using var host = new OwnChannels(hanging, prompt);
        await host.InitializeAsync();

        // As many batches as may be on their way at once, if it takes them.
        for (var i = 1; i <= new FollowUpsOptions().DispatchParallelism; i++)
        {
            var waiting = await ScheduleAsync(host, "chat");
            await Until.NotNull(async () =>
                hanging.Received.Contains(waiting)
                || (await host.Modules.Send(new GetFollowUp(waiting), Token))!.HeldReason is not null
                    ? hanging
                    : null
            );
        }

        var id = await ScheduleAsync(host, "sms");
        await Until.NotNull(() => Task.FromResult(prompt.Received.Contains(id) ? prompt : null));
        hanging.Answering!.SetResult();
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

    private sealed class Own(string name) : IDeliveryChannel
    {
        public ConcurrentQueue<Guid> Received { get; } = new();

        public TaskCompletionSource? Answering { get; init; }

        public string Name => name;

        public bool NeedsAddress => true;

        public async Task<IReadOnlyList<DeliveryResult>> DeliverAsync(
            IReadOnlyList<Contracts.Delivery> deliveries,
            CancellationToken cancellationToken
        )
        {
            foreach (var delivery in deliveries)
            {
                Received.Enqueue(delivery.FollowUpId);
            }

            await (Answering?.Task ?? Task.CompletedTask);
            return [.. deliveries.Select(_ => new DeliveryResult(true))];
        }
    }

    private sealed class OwnChannels(Own one, Own other) : HostFixture(null, ("FollowUps:StopGrace", "00:00:01"))
    {
        protected override void Customise(WebApplicationBuilder builder) =>
            builder.Services.AddSingleton<IDeliveryChannel>(one).AddSingleton<IDeliveryChannel>(other);
    }
}
