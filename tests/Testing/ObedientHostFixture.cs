namespace Testing;

// A host that sends only when it is told to, and runs no recurring work: what it claimed stays claimed as long as a test needs it.
public class ObedientHostFixture : HostFixture
{
    public ObedientHostFixture()
        : this(null) { }

    protected ObedientHostFixture(HostFixture? beside, params (string Key, string Value)[] settings)
        : base(beside, [("FollowUps:DispatchEnabled", "false"), ("Scheduling:Enabled", "false"), .. settings]) { }
}
