using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace Testing;

// A host whose every crossing is counted, and that crosses only when it is asked to: nothing recurs, and the dispatcher does not look around.
public sealed class CountedHostFixture : HostFixture
{
    private CrossingCounter? crossings;

    public CrossingCounter Crossings => crossings!;

    protected override void Customise(WebApplicationBuilder builder)
    {
        crossings = new CrossingCounter(ConnectionString);
        builder.Configuration.AddInMemoryCollection([
            new("ConnectionStrings:Postgres", crossings.ConnectionString),
            new("Scheduling:Enabled", "false"),
            new("FollowUps:DispatchSweepEvery", "1.00:00:00"),
        ]);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (crossings is not null)
        {
            await crossings.DisposeAsync();
        }
    }
}
