using FollowUps.Contracts;
using FollowUps.Dispatch;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Testing;

namespace FollowUps.Tests.Dispatch;

// Hosts on one database whose clocks are an hour apart, with leases of ten minutes: when one ends is for the database's clock to say.
public sealed class SkewedClocksTests(SkewedClocksTests.Hosts hosts) : IClassFixture<SkewedClocksTests.Hosts>
{
    private static readonly int[] Hours = [-1, 0, 1];

    public static readonly MatrixTheoryData<int, int> Pairs = new(Hours, Hours);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task What_one_has_in_hand_no_other_takes_or_cancels(int one, int other)
    {
        var id = (await ScheduleAsync(1))[0];
        var claim = Assert.Single((await hosts.ClaimsOf(one).TakeAsync(TimeSpan.Zero, Token)).Claims);

        var taken = await hosts.ClaimsOf(other).TakeAsync(TimeSpan.Zero, Token);
        await hosts.ClaimsOf(one).ExtendAsync([claim], Token);
        var later = await hosts.ClaimsOf(other).TakeAsync(TimeSpan.Zero, Token);
        var cancelled = await hosts[other].Modules.Send(new CancelFollowUp(id), Token);
        await hosts.ClaimsOf(one).ReleaseAsync([claim]);
        await hosts[other].Modules.Send(new CancelFollowUp(id), Token);

        Assert.Equal((id, false), (claim.Id, cancelled!.Cancelled));
        Assert.Empty(taken.Claims);
        Assert.Empty(later.Claims);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task What_one_left_behind_any_takes_once_its_lease_is_over(int one, int other)
    {
        var id = (await ScheduleAsync(1))[0];
        await hosts.ClaimsOf(one).TakeAsync(TimeSpan.Zero, Token);
        await hosts[0]
            .ExecuteAsync("UPDATE followups.follow_ups SET leased_until = clock_timestamp() WHERE id = $1", id);

        var claim = Assert.Single((await hosts.ClaimsOf(other).TakeAsync(TimeSpan.Zero, Token)).Claims);
        await hosts.ClaimsOf(other).ReleaseAsync([claim]);
        await hosts[other].Modules.Send(new CancelFollowUp(id), Token);

        Assert.Equal((id, 2), (claim.Id, claim.Fence));
    }

    [Fact]
    public async Task All_of_them_at_once_send_each_follow_up_once()
    {
        var ids = await ScheduleAsync(120);

        await Task.WhenAll(
            Hours.Select(async hour =>
            {
                while ((await hosts[hour].Modules.Send(new DispatchDueFollowUps(), Token)).Claimed > 0) { }
            })
        );

        foreach (var id in ids)
        {
            var sent = (await hosts[0].Modules.Send(new GetFollowUp(id), Token))!;
            Assert.Equal((FollowUpStatus.Executed, "sent"), (sent.Status, Assert.Single(sent.Attempts).Outcome));
        }
    }

    // Due by every clock.
    private async Task<List<Guid>> ScheduleAsync(int count) =>
        [
            .. (
                await hosts[0]
                    .Modules.Send(
                        new ScheduleFollowUps([
                            .. Enumerable
                                .Range(0, count)
                                .Select(_ => Some.FollowUp(at: DateTimeOffset.UtcNow.AddHours(-2))),
                        ]),
                        Token
                    )
            ).Select(outcome => outcome.FollowUp!.Id),
        ];

    public sealed class Hosts : IAsyncLifetime
    {
        private readonly Dictionary<int, HostFixture> all = [];

        public HostFixture this[int hour] => all[hour];

        internal Claims ClaimsOf(int hour) => this[hour].Services.GetRequiredService<Claims>();

        public async ValueTask InitializeAsync()
        {
            foreach (var hour in Hours)
            {
                all[hour] = new Node(all.Values.FirstOrDefault(), TimeSpan.FromHours(hour));
                await all[hour].InitializeAsync();
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var host in all.Values)
            {
                await host.DisposeAsync();
            }
        }
    }

    private sealed class Node(HostFixture? beside, TimeSpan ahead)
        : ObedientHostFixture(beside, ("FollowUps:Lease", "00:10:00"), ("FollowUps:DispatchBatchSize", "10"))
    {
        protected override void Customise(WebApplicationBuilder builder) =>
            builder.Services.AddSingleton<TimeProvider>(new Skewed(ahead));
    }

    private sealed class Skewed(TimeSpan ahead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
    }
}
