using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FollowUps.Tests;

public sealed class FollowUpsOptionsTests
{
    [Theory]
    [InlineData("Lease", "00:00:00.9")]
    [InlineData("Lease", "1.00:00:01")]
    [InlineData("DispatchSweepEvery", "00:00:00")]
    [InlineData("DispatchSweepEvery", "1.00:00:01")]
    [InlineData("HoldRecheckEvery", "00:00:00")]
    [InlineData("HoldRecheckEvery", "1.00:00:01")]
    [InlineData("DispatchRetryAfter", "-00:00:01")]
    [InlineData("DispatchRetryAfter", "1.00:00:01")]
    [InlineData("StopGrace", "-00:00:01")]
    [InlineData("StopGrace", "1.00:00:01")]
    [InlineData("StaleAfter", "-00:00:01")]
    [InlineData("StaleAfter", "36501.00:00:00")]
    [InlineData("StaleAfterOf:Reengagement", "-00:00:01")]
    [InlineData("StaleAfterOf:Custom", "36501.00:00:00")]
    [InlineData("BackoffBase", "-00:00:01")]
    [InlineData("BackoffBase", "1.00:00:01")]
    [InlineData("BackoffMax", "-00:00:01")]
    [InlineData("BackoffMax", "30.00:00:01")]
    public void What_dispatch_could_not_work_with_is_refused_by_name(string option, string value)
    {
        var problem = Assert.Throws<OptionsValidationException>(() => Read((option, value)));

        Assert.Contains(option.Split(':')[0], problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bounds_themselves_are_taken()
    {
        var least = Read(
            ("Lease", "00:00:01"),
            ("DispatchSweepEvery", "00:00:00.01"),
            ("HoldRecheckEvery", "00:00:00.01"),
            ("DispatchRetryAfter", "00:00:00.01"),
            ("StopGrace", "00:00:00"),
            ("StaleAfter", "00:00:01"),
            ("StaleAfterOf:Custom", "00:00:01"),
            ("BackoffBase", "00:00:00.01"),
            ("BackoffMax", "00:00:00.01")
        );
        var most = Read(
            ("Lease", "1.00:00:00"),
            ("DispatchSweepEvery", "1.00:00:00"),
            ("HoldRecheckEvery", "1.00:00:00"),
            ("DispatchRetryAfter", "1.00:00:00"),
            ("StopGrace", "1.00:00:00"),
            ("StaleAfter", "36500.00:00:00"),
            ("StaleAfterOf:Custom", "36500.00:00:00"),
            ("BackoffBase", "1.00:00:00"),
            ("BackoffMax", "30.00:00:00")
        );

        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)), (least.Lease, most.Lease));
    }

    private static FollowUpsOptions Read(params (string Option, string Value)[] settings)
    {
        using var services = new ServiceCollection()
            .AddFollowUpsModule(
                new ConfigurationBuilder()
                    .AddInMemoryCollection(
                        settings.Select(set => KeyValuePair.Create($"FollowUps:{set.Option}", (string?)set.Value))
                    )
                    .Build()
            )
            .BuildServiceProvider();
        return services.GetRequiredService<IOptions<FollowUpsOptions>>().Value;
    }
}
