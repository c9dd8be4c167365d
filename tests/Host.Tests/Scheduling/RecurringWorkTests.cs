using FollowUps.Contracts;
using Host.Scheduling;
using Microsoft.Extensions.DependencyInjection;
using Testing;

namespace Host.Tests.Scheduling;

public sealed class RecurringWorkTests(RecurringWorkTests.Answering host) : IClassFixture<RecurringWorkTests.Answering>
{
    private const string Sweep = "dispatch-sweep";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sweep_of_a_host_that_only_answers_calls_sends_nothing_and_leaves_its_firing_to_others()
    {
        var due = DateTimeOffset.UtcNow;
        var scheduled = await host.Modules.Send(new ScheduleFollowUps([Some.FollowUp(at: due)]), Token);

        await host.Services.GetRequiredService<RecurringRuns>().RunAsync(Sweep, due);

        var followUp = (await host.Modules.Send(new GetFollowUp(scheduled[0].FollowUp!.Id), Token))!;
        await using var firing = await host.Services.GetRequiredService<Firings>().ClaimAsync(Sweep, due, Token);
        Assert.Equal((FollowUpStatus.Pending, 0), (followUp.Status, followUp.Attempts.Count));
        Assert.NotNull(firing);
    }

    public sealed class Answering() : HostFixture(null, ("FollowUps:DispatchEnabled", "false"));
}
