using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Conversations.Contracts;
using FollowUps.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Testing;

namespace FollowUps.Tests.Delivery;

// The whole way: scheduled, claimed, worded, posted or mailed, recorded.
public sealed class ChannelsTests : IAsyncLifetime
{
    private readonly MailReceiver mail = new();
    private WebhookReceiver? sms;
    private Providers? host;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WebhookReceiver Sms => sms!;

    private Providers Host => host!;

    public async ValueTask InitializeAsync() => sms = await WebhookReceiver.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (host is not null)
        {
            await host.DisposeAsync();
        }

        await mail.DisposeAsync();
        await Sms.DisposeAsync();
    }

    private async Task StartAsync(params (string Key, string Value)[] settings)
    {
        host = new Providers([
            ("FollowUps:BackoffBase", "00:00:00.05"),
            ("FollowUps:Email:Host", "localhost"),
            ("FollowUps:Email:Port", $"{mail.Port}"),
            ("FollowUps:Email:Security", "None"),
            ("FollowUps:Email:From", "hello@bluekitchen.example"),
            ("FollowUps:Webhooks:sms:Url", $"{Sms.Url}"),
            ("FollowUps:Webhooks:sms:Secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            .. settings,
        ]);
        await host.InitializeAsync();
    }

    private async Task<string> CustomerAsync(params (string Channel, string Address)[] addresses)
    {
        var user = Some.Id();
        await Host.Modules.Send(
            new PutRecipient
            {
                UserId = user,
                Addresses = addresses.ToDictionary(a => a.Channel, a => (string?)a.Address),
            },
            Token
        );
        return user;
    }

    private async Task<Guid> ScheduleAsync(string user, FollowUpTrigger trigger = FollowUpTrigger.Custom) => (
            await Host.Modules.Send(
                new ScheduleFollowUps([
                    new NewFollowUp
                    {
                        Trigger = trigger,
                        UserId = user,
                        ConversationId = user,
                        ScheduledAt = DateTimeOffset.UtcNow,
                        EventAt = DateTimeOffset.UtcNow.AddDays(-1),
                        LastActivityAt = DateTimeOffset.UtcNow.AddDays(-31),
                        Message = "Your menu is ready.",
                    },
                ]),
                Token
            )
        )[0].FollowUp!.Id;

    private Task<FollowUp> Eventually(Guid id, Func<FollowUp, bool> state) =>
        Until.NotNull(async () => await Host.Modules.Send(new GetFollowUp(id), Token) is { } f && state(f) ? f : null);

    private Task<FollowUp> Sent(Guid id) => Eventually(id, f => f.Status == FollowUpStatus.Executed);

    private static Task Status(HttpResponse response, int status, string? retryAfter = null)
    {
        response.StatusCode = status;
        response.Headers.RetryAfter = retryAfter;
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Goes_where_the_customer_has_an_address_in_the_operators_order()
    {
        await StartAsync();
        var both = await ScheduleAsync(await CustomerAsync(("sms", "+49301"), ("email", "anna@customer.example")));
        var one = await ScheduleAsync(await CustomerAsync(("sms", "+49302")));

        var (mailed, texted) = (await Sent(both), await Sent(one));

        Assert.Contains("anna@customer.example", Assert.Single(mail.Received), StringComparison.Ordinal);
        Assert.Equal("+49302", Assert.Single(Sms.Received).Data.GetProperty("address").GetString());
        Assert.Equal(
            ("email", $"{both}@bluekitchen.example"),
            (mailed.Attempts[0].Channel, mailed.Attempts[0].ProviderKey)
        );
        Assert.Equal(("sms", one.ToString()), (texted.Attempts[0].Channel, texted.Attempts[0].ProviderKey));
        var history = await Host.Modules.Send(new GetMessages(texted.UserId), Token);
        Assert.Equal("sms", Assert.Single(history!.Items).Channel);
    }

    [Fact]
    public async Task Address_that_the_operator_would_not_take_is_refused_where_it_is_put()
    {
        await StartAsync(("FollowUps:Webhooks:sms:AddressPattern", "[+][0-9]+"));
        var user = await CustomerAsync(("sms", "+49301"));

        var problem = await Assert.ThrowsAsync<FluentValidation.ValidationException>(() =>
            CustomerAsync(("sms", "49302"), ("email", "anna"), ("fax", "anna"))
        );

        Assert.Equal(["addresses.sms", "addresses.email"], problem.Errors.Select(error => error.PropertyName));
        await Sent(await ScheduleAsync(user));
    }

    [Fact]
    public async Task Without_an_address_it_fails_and_goes_once_there_is_one()
    {
        await StartAsync();
        var user = await CustomerAsync(("fax", "12"));
        var id = await ScheduleAsync(user);
        var failed = await Eventually(id, f => f.Status == FollowUpStatus.Failed);

        await Host.Modules.Send(
            new PutRecipient
            {
                UserId = user,
                Addresses = new Dictionary<string, string?> { ["sms"] = "+49303" },
            },
            Token
        );
        await Host.Modules.Send(new RetryFollowUp(id), Token);

        await Sent(id);
        Assert.Equal("no_address", failed.ErrorMessage);
        Assert.Single(Sms.Received);
    }

    [Fact]
    public async Task Outbox_takes_what_the_order_leaves_to_it()
    {
        await StartAsync(("FollowUps:Channels:0", "sms"), ("FollowUps:Channels:1", "outbox"));
        var user = await CustomerAsync(("email", "anna@customer.example"));

        await Sent(await ScheduleAsync(user));

        Assert.Empty(mail.Received);
        Assert.Single((await Host.Modules.Send(new ListOutbox(user), Token)).Items);
    }

    [Fact]
    public async Task Failing_provider_is_asked_again_until_the_attempts_are_used_up()
    {
        await StartAsync(("FollowUps:MaxAttempts", "3"));
        Sms.Answer = (_, response) => Status(response, 500);
        var id = await ScheduleAsync(await CustomerAsync(("sms", "+49304")));

        var failed = await Eventually(id, f => f.Status == FollowUpStatus.Failed);

        Assert.Equal(["failed", "failed", "failed"], failed.Attempts.Select(a => a.Outcome));
        Assert.Equal("HTTP 500", failed.ErrorMessage);
        Assert.Equal(3, Sms.Received.Count);
        Assert.Single(Sms.Received.Select(r => (r.Id, r.Body)).Distinct());
    }

    [Fact]
    public async Task Being_turned_away_for_a_time_uses_up_no_attempts()
    {
        await StartAsync(("FollowUps:MaxAttempts", "2"));
        Sms.Answer = (_, response) => Sms.Received.Count <= 4 ? Status(response, 429, "0") : Task.CompletedTask;

        var sent = await Sent(await ScheduleAsync(await CustomerAsync(("sms", "+49305"))));

        Assert.Equal(["failed", "failed", "failed", "failed", "sent"], sent.Attempts.Select(a => a.Outcome));
    }

    [Fact]
    public async Task Care_message_that_may_have_arrived_goes_again_in_the_same_words()
    {
        await using var link = new FaultyLink(Sms.Url.Port);
        await StartAsync(Through(link));
        var user = await CustomerAsync(("sms", "+49306"));
        Sms.Answer = async (received, _) =>
        {
            if (Sms.Received.Count == 1)
            {
                // The mood has changed by the next attempt: the words must not.
                await Host.Modules.Send(
                    new StoreMessages([Some.Message(user, 0.1) with { UserId = user }]),
                    CancellationToken.None
                );
                link.Cut();
            }
        };

        var sent = await Sent(await ScheduleAsync(user, FollowUpTrigger.PostEvent));

        Assert.Equal(["uncertain", "sent"], sent.Attempts.Select(a => a.Outcome));
        Assert.Equal(2, Sms.Received.Count);
        Assert.Single(Sms.Received.Select(r => (r.Id, r.Body)).Distinct());
    }

    [Theory]
    [InlineData("false", FollowUpStatus.Failed, 1)]
    [InlineData("true", FollowUpStatus.Executed, 2)]
    public async Task Promotion_that_may_have_arrived_goes_again_only_where_the_operator_wants_it(
        string repeat,
        FollowUpStatus status,
        int received
    )
    {
        await using var link = new FaultyLink(Sms.Url.Port);
        await StartAsync(Through(link), ("FollowUps:RepeatUncertainPromotions", repeat));
        Sms.Answer = (_, _) =>
        {
            if (Sms.Received.Count == 1)
            {
                link.Cut();
            }

            return Task.CompletedTask;
        };

        var id = await ScheduleAsync(await CustomerAsync(("sms", "+49307")), FollowUpTrigger.Reengagement);
        await Eventually(id, f => f.Status == status);

        Assert.Equal(received, Sms.Received.Count);
    }

    [Fact]
    public async Task Endpoint_that_is_gone_gets_nothing_more_and_the_rest_waits()
    {
        await StartAsync();
        using var outcomes = new Outcomes(Host.Services.GetRequiredService<IMeterFactory>());
        Sms.Answer = (_, response) => Status(response, 410);
        var user = await CustomerAsync(("sms", "+49308"));

        var first = await Eventually(await ScheduleAsync(user), f => f.HeldReason is not null);
        var second = await Eventually(await ScheduleAsync(user), f => f.HeldReason is not null);

        Assert.Equal(("channel_disabled", "channel_disabled"), (first.HeldReason, second.HeldReason));
        Assert.Equal("HTTP 410", Assert.Single(first.Attempts).Error);
        Assert.Empty(second.Attempts);
        Assert.Single(Sms.Received);
        // The alert for a channel that nothing goes through rests on it.
        await Until.NotNull(() =>
            Task.FromResult(
                outcomes.Seen.Count(seen => seen.EndsWith(" put_off", StringComparison.Ordinal)) > 1 ? outcomes : null
            )
        );
        Assert.DoesNotContain("none put_off", outcomes.Seen);
        Assert.DoesNotContain("sms held", outcomes.Seen);
    }

    [Fact]
    public async Task While_a_provider_fails_the_others_wait_without_using_up_attempts()
    {
        await StartAsync(("FollowUps:CircuitCalls", "4"), ("FollowUps:CircuitBreak", "00:00:00.5"));
        var broken = true;
        Sms.Answer = (_, response) => broken ? Status(response, 500) : Task.CompletedTask;
        var user = await CustomerAsync(("sms", "+49309"));
        var ids = new List<Guid>();
        for (var i = 0; i < 4; i++)
        {
            ids.Add(await ScheduleAsync(user));
        }

        var opened = await Until.NotNull(() => Task.FromResult(Sms.Received.Count >= 4 ? Sms : null));
        var late = await ScheduleAsync(user);
        var held = await Eventually(late, f => f.HeldReason is not null);
        broken = false;

        var sent = await Sent(late);
        foreach (var id in ids)
        {
            await Sent(id);
        }

        Assert.Equal(("channel_unavailable", 0), (held.HeldReason, held.Attempts.Count));
        Assert.NotNull(opened);
        Assert.Null(sent.HeldReason);
    }

    [Theory]
    [InlineData(
        "FollowUps:Channels:0",
        "pigeon",
        "FollowUps:Channels: pigeon is not set up. There are: email, sms, outbox."
    )]
    [InlineData("FollowUps:Webhooks:sms:Secret", "secret", "FollowUps:Webhooks:sms:Secret must be")]
    [InlineData("FollowUps:Webhooks:sms:AddressPattern", "+", "FollowUps:Webhooks:sms:AddressPattern must be")]
    [InlineData("FollowUps:Webhooks:sms:AddressPattern", "(?=a)a", "FollowUps:Webhooks:sms:AddressPattern must be")]
    [InlineData("FollowUps:Webhooks:sms:Url", "ftp://a/b", "FollowUps:Webhooks:sms:Url must be")]
    [InlineData("FollowUps:Webhooks:outbox:Url", "https://a/b", "FollowUps:Webhooks:outbox: a channel is")]
    [InlineData("FollowUps:Email:From", "kitchen", "FollowUps:Email:From must be")]
    [InlineData("FollowUps:Email:UserName", "kitchen", "FollowUps:Email: UserName and Password")]
    public async Task Host_does_not_start_on_a_channel_that_cannot_work(string key, string value, string message)
    {
        var problem = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync((key, value)));

        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    private static (string Key, string Value) Through(FaultyLink link) =>
        ("FollowUps:Webhooks:sms:Url", $"http://127.0.0.1:{link.Port}/hook");

    // What the deliveries' counter was told.
    private sealed class Outcomes : IDisposable
    {
        private readonly MeterListener listener = new();

        public Outcomes(IMeterFactory meters)
        {
            listener.InstrumentPublished = (instrument, self) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, meters) && instrument.Name == "followups.deliveries")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            };
            listener.SetMeasurementEventCallback<long>(
                (_, count, tags, _) =>
                {
                    if (count > 0)
                    {
                        Seen.Enqueue(string.Join(' ', tags.ToArray().Select(tag => tag.Value)));
                    }
                }
            );
            listener.Start();
        }

        public ConcurrentQueue<string> Seen { get; } = [];

        public void Dispose() => listener.Dispose();
    }

    private sealed class Providers((string Key, string Value)[] settings) : HostFixture(null, settings);
}
