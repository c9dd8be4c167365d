using FollowUps.Scheduling;
using Microsoft.Extensions.Configuration;

namespace FollowUps.Tests.Scheduling;

public sealed class FollowUpRulesTests
{
    [Fact]
    public void Each_trigger_goes_stale_after_its_own_time_or_after_that_of_all()
    {
        var options = new ConfigurationBuilder()
            .AddInMemoryCollection([
                new("StaleAfter", "5.00:00:00"),
                new("StaleAfterOf:Reengagement", "2.00:00:00"),
                new("StaleAfterOf:Custom", "01:00:00"),
            ])
            .Build()
            .Get<FollowUpsOptions>()!;

        Assert.Equal(
            [TimeSpan.FromDays(5), TimeSpan.FromDays(2), TimeSpan.FromDays(5), TimeSpan.FromHours(1)],
            FollowUpRules.StaleAfter(options)
        );
    }
}
