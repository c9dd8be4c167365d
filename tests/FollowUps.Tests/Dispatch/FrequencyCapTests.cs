using FollowUps.Contracts;
using FollowUps.Dispatch;
using Microsoft.Extensions.DependencyInjection;
using Testing;

namespace FollowUps.Tests.Dispatch;

// Two Hosts on one database, each with a dispatcher of its own, and no timekeeper between them: both are told to claim at once, again and again.
public sealed class FrequencyCapTests(FrequencyCapTests.TwoHosts hosts) : IClassFixture<FrequencyCapTests.TwoHosts>
{
    private const int Customers = 40;
    private const int Cap = 2;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_hosts_that_claim_at_once_never_go_beyond_it()
    {
        var users = Enumerable.Range(0, Customers).Select(_ => Some.Id()).ToArray();
        foreach (var user in users)
        {
            await hosts.One.Modules.Send(
                new PutRecipient { UserId = user, FrequencyCap = new FrequencyCap(Cap, TimeSpan.FromDays(1)) },
                Token
            );
        }

        await hosts.One.Modules.Send(new PauseDispatch(), Token);
        await hosts.One.Modules.Send(
            new ScheduleFollowUps([
                .. Enumerable.Repeat(users, 4).SelectMany(all => all).Select(user => Some.FollowUp(user)),
            ]),
            Token
        );

        await hosts.One.Modules.Send(new ResumeDispatch(), Token);
        var claims = new[] { hosts.One, hosts.Other }
            .SelectMany(host => Enumerable.Repeat(host.Services.GetRequiredService<Claims>(), 2))
            .Select(each =>
                Task.Run(
                    async () =>
                    {
                        var taken = new List<Claim>();
                        for (var i = 0; i < 10; i++)
                        {
                            taken.AddRange((await each.TakeAsync(TimeSpan.Zero, Token)).Claims);
                        }

                        return taken;
                    },
                    Token
                )
            );
        var all = (await Task.WhenAll(claims)).SelectMany(taken => taken).ToList();

        Assert.Equal(all.Count, all.Select(claim => claim.Id).Distinct().Count());
        var perCustomer = users.Select(user => all.Count(claim => claim.UserId == user)).ToList();
        Assert.All(perCustomer, count => Assert.Equal(Cap, count));
    }

    public sealed class TwoHosts : IAsyncLifetime
    {
        internal HostFixture One { get; } = new Claiming(null);

        internal HostFixture Other { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            await One.InitializeAsync();
            Other = new Claiming(One);
            await Other.InitializeAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await Other.DisposeAsync();
            await One.DisposeAsync();
        }
    }

    // It claims a few at a time.
    private sealed class Claiming(HostFixture? beside)
        : ObedientHostFixture(
            beside,
            ("FollowUps:DispatchBatchSize", "40"),
            ("FollowUps:Lease", "00:10:00"),
            ("FollowUps:HoldRecheckEvery", "00:00:00.1")
        );
}
