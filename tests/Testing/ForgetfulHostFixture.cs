using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace Testing;

// A host that keeps messages for thirty days and deletes few at a time.
public sealed class ForgetfulHostFixture : HostFixture
{
    protected override void Customise(WebApplicationBuilder builder) =>
        builder.Configuration.AddInMemoryCollection([
            new("Conversations:MessageRetention", "30.00:00:00"),
            new("Conversations:RetentionBatchSize", "4"),
            new("Conversations:RetentionRunSize", "10"),
        ]);
}
