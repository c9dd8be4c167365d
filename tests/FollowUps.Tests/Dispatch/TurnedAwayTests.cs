using FollowUps.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Testing;

namespace FollowUps.Tests.Dispatch;

// A provider that says when to come again, again and again.
public sealed class TurnedAwayTests(TurnedAwayTests.BusyHost host) : IClassFixture<TurnedAwayTests.BusyHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_names_no_time_worth_the_name_is_asked_less_and_less_often_and_still_gets_it()
    {
        host.RetryAfter = TimeSpan.Zero;
        var id = await ScheduleAsync();

        var waits = new List<double>();
        for (var time = 0; time < 20; time++)
        {
            waits.Add(await WaitAsync());
        }

        host.RetryAfter = null;
        await host.Modules.Send(new DispatchDueFollowUps(), Token);

        Assert.Equal([.. Enumerable.Repeat(1.0, 11), 2, 4, 8, 16, 32, 60, 60, 60, 60], waits);
        var sent = (await host.Modules.Send(new GetFollowUp(id), Token))!;
        Assert.Equal((FollowUpStatus.Executed, 21), (sent.Status, sent.Attempts.Count));
    }

    [Fact]
    public async Task Time_that_it_names_is_kept_though_no_back_off_would_be_so_long()
    {
        host.RetryAfter = TimeSpan.FromHours(2);
        var id = await ScheduleAsync();

        var wait = await WaitAsync();
        host.RetryAfter = null;
        await host.Modules.Send(new DispatchDueFollowUps(), Token);

        Assert.Equal(TimeSpan.FromHours(2).TotalSeconds, wait);
        Assert.Equal(FollowUpStatus.Executed, (await host.Modules.Send(new GetFollowUp(id), Token))!.Status);
    }

    private async Task<Guid> ScheduleAsync() =>
        (await host.Modules.Send(new ScheduleFollowUps([Some.FollowUp(at: host.Clock.Now)]), Token))[0].FollowUp!.Id;

    // How many seconds it is put off for; then they are over.
    private async Task<double> WaitAsync()
    {
        var next = (await host.Modules.Send(new DispatchDueFollowUps(), Token)).NextAt!.Value;
        var wait = next - host.Clock.Now;
        host.Clock.Now = next;
        return wait.TotalSeconds;
    }

    public sealed class BusyHost() : StoppedHostFixture(("FollowUps:BackoffMax", "00:01:00")), IDeliveryChannel
    {
        public TimeSpan? RetryAfter { get; set; }

        public string Name => "busy";

        public Task<IReadOnlyList<DeliveryResult>> DeliverAsync(
            IReadOnlyList<Contracts.Delivery> deliveries,
            CancellationToken cancellationToken
        ) =>
            Task.FromResult<IReadOnlyList<DeliveryResult>>([
                .. deliveries.Select(_ => new DeliveryResult(RetryAfter is null, "busy", RetryAfter: RetryAfter)),
            ]);

        protected override void Customise(WebApplicationBuilder builder)
        {
            base.Customise(builder);
            builder.Services.AddSingleton<IDeliveryChannel>(this);
        }
    }
}
