using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace Testing;

// A host whose database can go away.
public sealed class SeverableHostFixture : HostFixture
{
    private CrossingCounter? link;

    public ValueTask SeverAsync() => link!.DisposeAsync();

    protected override void Customise(WebApplicationBuilder builder)
    {
        link = new CrossingCounter(ConnectionString);
        builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:Postgres", link.ConnectionString)]);
    }
}
