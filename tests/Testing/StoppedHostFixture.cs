using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Testing;

// A host whose clock stands where a test puts it; it sends nothing and runs no recurring work but on request. For one test at a time.
public class StoppedHostFixture : HostFixture
{
    public SetClock Clock { get; } = new(new DateTimeOffset(2031, 6, 1, 12, 0, 0, TimeSpan.Zero));

    protected override void Customise(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.Configuration.AddInMemoryCollection([
            new("FollowUps:DispatchEnabled", "false"),
            new("Scheduling:Enabled", "false"),
        ]);
    }
}
