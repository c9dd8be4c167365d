using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace Testing;

// A host whose every crossing is counted.
public sealed class CountedHostFixture : HostFixture
{
    private CrossingCounter? crossings;

    public CrossingCounter Crossings => crossings!;

    protected override void Customise(WebApplicationBuilder builder)
    {
        crossings = new CrossingCounter(ConnectionString);
        builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:Postgres", crossings.ConnectionString)]);
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
