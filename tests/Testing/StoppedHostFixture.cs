using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Testing;

// An obedient host whose clock stands where a test puts it. For one test at a time.
public class StoppedHostFixture : ObedientHostFixture
{
    public StoppedHostFixture()
        : this([]) { }

    protected StoppedHostFixture(params (string Key, string Value)[] settings)
        : base(null, settings) { }

    public SetClock Clock { get; } = new(new DateTimeOffset(2031, 6, 1, 12, 0, 0, TimeSpan.Zero));

    protected override void Customise(WebApplicationBuilder builder) =>
        builder.Services.AddSingleton<TimeProvider>(Clock);
}
