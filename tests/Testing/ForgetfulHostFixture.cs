namespace Testing;

// A host that keeps messages for thirty days and deletes few at a time.
public sealed class ForgetfulHostFixture()
    : HostFixture(
        null,
        ("Conversations:MessageRetention", "30.00:00:00"),
        ("Conversations:RetentionBatchSize", "4"),
        ("Conversations:RetentionRunSize", "10")
    );
